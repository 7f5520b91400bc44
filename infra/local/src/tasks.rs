//! `treble tasks`: the journal, for people.

use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::cli;
use crate::data_dir::DataDir;
use crate::journal::{Entry, Reader};
use crate::output::{self, Failure, Styled, plain, style};

/// How often to look for new tasks.
const POLL: Duration = Duration::from_millis(200);

/// Runs the command: to the end of the journal, or, with `--follow`, until nobody reads any more.
pub(crate) fn run(arguments: &cli::Tasks) -> Result<(), Failure> {
    let dir = DataDir::existing(&arguments.data)?;
    let Some(mut tasks) = open(&dir.journal(), arguments.follow)? else {
        if !arguments.json {
            output::line(NONE);
        }
        return Ok(());
    };
    let mut header = !arguments.json;
    loop {
        for task in &mut tasks {
            let task = task?;
            let text = if arguments.json { serde_json::to_string(&task)? } else { row_of(&task) };
            let heading = || Styled(style::HEADING, row(HEADER)).to_string();
            let read = (!std::mem::take(&mut header) || output::styled_if_read(&heading()))
                && output::line_if_read(&text);
            if !read {
                return Ok(());
            }
        }
        if !arguments.follow {
            if header {
                output::line(NONE);
            }
            return Ok(());
        }
        thread::sleep(POLL);
    }
}

const NONE: &str = "No tasks yet: trigger a hook, as `treble up` says at its start.";

/// The journal, once there is one; None where there is none and nobody waits.
fn open(path: &Path, wait: bool) -> Result<Option<Reader>, Failure> {
    while !path.exists() {
        if !wait {
            return Ok(None);
        }
        thread::sleep(POLL);
    }
    Ok(Some(Reader::open(path)?))
}

const HEADER: [&str; 5] = ["CREATED", "TASK", "HOOK", "FIRED BY", "NAME"];

fn row_of(task: &Entry) -> String {
    let name = task.task.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    row([
        &task.created.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        task.task_id.as_str(),
        &format!("{}/{}", task.hook_group_id, task.hook_id),
        task.fired_by.as_str(),
        &plain(name),
    ])
}

/// Columns of a fixed width: with `--follow`, nobody knows what comes.
fn row([created, task, hook, fired_by, name]: [&str; 5]) -> String {
    format!("{created:<23}  {task:<22}  {hook:<20}  {fired_by:<20}  {name}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_task_is_a_row() {
        let task: Entry = serde_json::from_value(json!({
            "taskId": "AAAAAAAAQACAAAAAAAAAAA", "hookGroupId": "examples", "hookId": "hello", "firedBy": "triggerHook",
            "created": "2026-11-21T10:00:00.000Z", "task": {"metadata": {"name": "Hello,\u{7} Ada"}},
        }))
        .unwrap();
        assert_eq!(
            format!("{}\n{}", row(HEADER), row_of(&task)),
            "\
CREATED                  TASK                    HOOK                  FIRED BY              NAME
2026-11-21 10:00:00 UTC  AAAAAAAAQACAAAAAAAAAAA  examples/hello        triggerHook           Hello,\\u{7} Ada"
        );
    }
}
