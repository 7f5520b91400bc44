use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use treble_core::firing::Firing;

use super::*;

/// A directory, and the journal's file in it.
fn place() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tasks.jsonl");
    (directory, path)
}

fn open(path: &Path) -> Journal {
    Journal::open(path, Durability::Relaxed).unwrap()
}

fn firing(number: u8) -> Firing {
    Firing {
        task_id: SlugId::from_bytes([number; 16]),
        hook: "g/h".parse().unwrap(),
        fired_by: FiredBy::TriggerHook,
        payload: None,
        client_id: None,
        created: "2026-11-21T10:00:00.5Z".parse().unwrap(),
        trace: None,
    }
}

async fn create(journal: &Journal, number: u8, definition: &Value) -> Result<CreatedTask, SinkError> {
    create_by(journal, &firing(number), definition).await
}

async fn create_by(journal: &Journal, firing: &Firing, definition: &Value) -> Result<CreatedTask, SinkError> {
    journal.create_task(NewTask { firing, definition, budget: Duration::from_secs(10) }).await
}

fn read(path: &Path) -> Vec<Entry> {
    Reader::open(path).unwrap().collect::<Result<_, _>>().unwrap()
}

fn numbers(entries: &[Entry]) -> Vec<u8> {
    entries.iter().map(|entry| key(&entry.task_id)[0]).collect()
}

fn append(path: &Path, text: &str) {
    OpenOptions::new().append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

#[tokio::test]
async fn a_task_is_a_line() {
    let (_directory, path) = place();
    let journal = open(&path);
    assert!(journal.is_empty());
    assert_eq!(create(&journal, 7, &json!({"b": 1, "a": "\n"})).await.unwrap(), CreatedTask::default());
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        concat!(
            r#"{"taskId":"BwcHBwcHRweHBwcHBwcHBw","hookGroupId":"g","hookId":"h","firedBy":"triggerHook","#,
            r#""created":"2026-11-21T10:00:00.500Z","task":{"b":1,"a":"\n"}}"#,
            "\n"
        )
    );
    assert_eq!(read(&path)[0].created, firing(7).created);
}

#[tokio::test]
async fn a_line_has_the_tasks_trace() {
    let (_directory, path) = place();
    let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let trace = TraceContext::from_traceparent(text);
    create_by(&open(&path), &Firing { trace, ..firing(7) }, &json!({})).await.unwrap();
    let line: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!((&line["traceparent"], read(&path)[0].trace), (&json!(text), trace));
    // A repetition is the same firing, whatever trace it is in.
    create_by(&open(&path), &firing(7), &json!({})).await.unwrap();
    assert_eq!(read(&path).len(), 1);
}

#[tokio::test]
async fn a_task_is_created_once() {
    for durability in [Durability::Relaxed, Durability::Fsync] {
        let (_directory, path) = place();
        for _ in 0..2 {
            let journal = Journal::open(&path, durability).unwrap();
            for number in [1, 2, 1] {
                create(&journal, number, &json!({"number": number, "x": null})).await.unwrap();
                create(&journal, number, &json!({"x": null, "number": number})).await.unwrap();
            }
            assert_eq!(journal.len(), 2);
            assert_eq!(numbers(&read(&path)), [1, 2]);
        }
    }
}

#[tokio::test]
async fn another_task_of_that_name_is_refused() {
    let (_directory, path) = place();
    let journal = open(&path);
    create(&journal, 1, &json!({"x": 1})).await.unwrap();
    let later = Firing { created: "2026-11-21T10:00:01Z".parse().unwrap(), ..firing(1) };
    let elsewhere = Firing { hook: "g/i".parse().unwrap(), ..firing(1) };
    for firing in [later, elsewhere] {
        let error = create_by(&journal, &firing, &json!({"x": 1.0})).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is a task AQEBAQEBQQGBAQEBAQEBAQ already, and its definition is another"
        );
        assert!(matches!(error, SinkError::Rejected { status: 409, code, .. } if code == "RequestConflict"));
    }
    assert_eq!(read(&path).len(), 1);
}

/// As when the hook was updated between a crash, after which nothing was recorded, and the repetition of the request.
#[tokio::test]
async fn a_firing_has_the_task_that_it_created() {
    let (_directory, path) = place();
    create(&open(&path), 1, &json!({"workerType": "before"})).await.unwrap();
    let journal = open(&path);
    // The claim of a firing has its moment to the nanosecond, and the journal to the millisecond.
    let again = Firing { created: "2026-11-21T10:00:00.500000001Z".parse().unwrap(), ..firing(1) };
    let created = create_by(&journal, &again, &json!({"workerType": "after"})).await.unwrap();
    assert_eq!(created.status.unwrap()["workerType"], "before");
    assert_eq!(read(&path).len(), 1);
}

#[tokio::test]
async fn half_a_line_is_removed_at_the_next_start() {
    let (_directory, path) = place();
    create(&open(&path), 1, &json!({})).await.unwrap();
    let whole = fs::read(&path).unwrap();
    for torn in [&whole[..1], &whole[..whole.len() - 1], &[0; 100]] {
        fs::write(&path, [&whole, torn].concat()).unwrap();
        let journal = open(&path);
        assert_eq!(fs::read(&path).unwrap(), whole);
        create(&journal, 2, &json!({})).await.unwrap();
        assert_eq!(numbers(&read(&path)), [1, 2]);
    }
}

#[tokio::test]
async fn half_a_line_is_removed_after_a_failure() {
    let (_directory, path) = place();
    let journal = open(&path);
    create(&journal, 1, &json!({})).await.unwrap();

    // As if the disk had been full after some bytes.
    let read_only = File::open(&path).unwrap();
    let writable = journal.shared.tasks().file.replace(read_only);
    let failure = create(&journal, 2, &json!({})).await.unwrap_err();
    assert_eq!(failure.to_string(), "the sink is unavailable: the journal of tasks can't be written");
    append(&path, r#"{"taskId":"#);
    journal.shared.tasks().file.replace(writable);

    create(&journal, 2, &json!({})).await.unwrap();
    assert_eq!(numbers(&read(&path)), [1, 2]);
}

#[tokio::test]
async fn many_at_once_are_written_one_after_the_other() {
    for durability in [Durability::Relaxed, Durability::Fsync] {
        let (_directory, path) = place();
        let journal = Journal::open(&path, durability).unwrap();
        let tasks: Vec<_> = (0..100_u8)
            .map(|number| {
                let journal = journal.clone();
                // Two of each.
                tokio::spawn(async move { create(&journal, number / 2, &json!("x".repeat(10_000))).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let mut numbers = numbers(&read(&path));
        numbers.sort_unstable();
        assert_eq!(numbers, (0..50).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_reader_follows() {
    let (_directory, path) = place();
    let journal = open(&path);
    let mut reader = Reader::open(&path).unwrap();
    assert!(reader.next().is_none());
    create(&journal, 1, &json!({})).await.unwrap();
    create(&journal, 2, &json!({})).await.unwrap();
    assert_eq!(numbers(&reader.by_ref().collect::<Result<Vec<_>, _>>().unwrap()), [1, 2]);
    assert!(reader.next().is_none());

    // Half a line, removed by the next start, and another in its place.
    drop(journal);
    append(&path, r#"{"taskId":"AwMDAwMDQwODAwMDAwMDAw","#);
    assert!(reader.next().is_none());
    create(&open(&path), 4, &json!({"longer": "than half a line"})).await.unwrap();
    assert_eq!(numbers(&[reader.next().unwrap().unwrap()]), [4]);
    assert!(reader.next().is_none());
}

#[tokio::test]
async fn what_is_written_can_be_read() {
    let (_directory, path) = place();
    let journal = open(&path);
    let nested = |levels| {
        (0..levels).fold(
            json!(1.5),
            |inner, level| if level % 2 == 0 { json!([inner]) } else { json!({"in": inner}) },
        )
    };
    let error = create(&journal, 1, &nested(MAX_DEPTH + 1)).await.unwrap_err();
    assert_eq!(error.to_string(), "the task is nested more than 120 levels deep");
    create(&journal, 1, &nested(MAX_DEPTH)).await.unwrap();
    assert_eq!(read(&path)[0].task, nested(MAX_DEPTH));
}

#[test]
fn a_file_of_something_else_is_left_alone() {
    let (_directory, path) = place();
    let line = r#"{"taskId":"AQEBAQEBQQGBAQEBAQEBAQ"}"#;
    let text = format!("{line}\nhello\n{line}\n");
    fs::write(&path, &text).unwrap();
    let error = Journal::open(&path, Durability::Relaxed).unwrap_err();
    let place = path.display();
    assert_eq!(
        error.to_string(),
        format!("line 2 of the journal {place} is not a task: remove it, or move the file away")
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn one_process_writes() {
    let (_directory, path) = place();
    let first = open(&path);
    let error = Journal::open(&path, Durability::Relaxed).unwrap_err();
    assert!(matches!(error, JournalError::InUse { .. }), "{error:?}");
    drop(first);
    open(&path);
}

#[test]
fn a_place_that_is_none_is_named() {
    let (directory, path) = place();
    for wrong in [directory.path(), &path.join("deeper"), Path::new("/dev/zero")] {
        let error = Journal::open(wrong, Durability::Relaxed).unwrap_err();
        assert!(error.to_string().contains(&wrong.display().to_string()), "{error}");
    }
    assert!(matches!(Reader::open(&path), Err(JournalError::Inaccessible { .. })));
}

#[tokio::test]
async fn a_removed_file_is_noticed() {
    let (_directory, path) = place();
    let journal = open(&path);
    journal.check().await.unwrap();
    fs::remove_file(&path).unwrap();
    journal.check().await.unwrap_err();
}
