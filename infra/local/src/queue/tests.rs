use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;
use tokio::sync::mpsc;
use treble_core::gate::ports::{Wake, WakeQueue as _};

use super::worker::Handler;
use super::*;

fn queues() -> (TempDir, Queues) {
    let directory = TempDir::new().unwrap();
    let dir = DataDir::existing(directory.path()).unwrap();
    let queues = Queues::open(&dir, Durability::Relaxed).unwrap();
    (directory, queues)
}

fn bodies(messages: &[Received]) -> Vec<&str> {
    messages.iter().map(|message| message.body.as_str()).collect()
}

const NO_TIME: Duration = Duration::ZERO;
const LONG: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn messages_wait_and_are_hidden_and_come_again() {
    let (_directory, queues) = queues();
    let (queue, other) = (queues.queue("a"), queues.queue("b"));
    queue
        .add(vec![("late".into(), LONG), ("first".into(), NO_TIME), ("second".into(), NO_TIME)])
        .await
        .unwrap();
    assert!(other.receive(10, LONG).await.unwrap().is_empty());
    let first = queue.receive(1, NO_TIME).await.unwrap();
    assert_eq!((bodies(&first), first[0].receives), (vec!["first"], 1));
    // It was hidden for no time at all, and is the last in the row now.
    let mut both = queue.receive(10, LONG).await.unwrap();
    both.sort_by_key(|message| message.id);
    assert_eq!(bodies(&both), ["first", "second"]);
    assert_eq!(both[0].receives, 2);
    assert!(queue.receive(10, LONG).await.unwrap().is_empty());
    queue.postpone(both[0].id, NO_TIME).await.unwrap();
    queue.delete(both[1].id).await.unwrap();
    assert_eq!(bodies(&queue.receive(10, LONG).await.unwrap()), ["first"]);
    assert_eq!(queue.state().await.unwrap().messages, 2);
}

#[tokio::test]
async fn what_was_sent_outlives_the_process() {
    let (directory, queues) = queues();
    queues.queue("a").add(vec![("x".into(), NO_TIME)]).await.unwrap();
    drop(queues);
    let dir = DataDir::existing(directory.path()).unwrap();
    let queues = Queues::open(&dir, Durability::Fsync).unwrap();
    assert_eq!(bodies(&queues.queue("a").receive(10, LONG).await.unwrap()), ["x"]);
}

/// Fails, panics or works as the message says; reports what it did.
struct Script {
    reports: mpsc::UnboundedSender<String>,
    count: AtomicU32,
}

#[async_trait]
impl Handler for Script {
    async fn handle(&self, message: &Received) -> Result<(), Duration> {
        let _ = self.reports.send(format!("{} {}", message.body, message.receives));
        match &*message.body {
            "works the third time" if message.receives < 3 => Err(NO_TIME),
            "never works" => Err(NO_TIME),
            "panics" => panic!("as it should"),
            _ => Ok(()),
        }
    }

    async fn give_up(&self, message: &Received) -> Result<(), Duration> {
        self.count.fetch_add(1, Ordering::Relaxed);
        let _ = self.reports.send(format!("gave up: {}", message.body));
        Ok(())
    }
}

#[tokio::test]
async fn a_worker_tries_again_gives_up_and_holds_nothing_up() {
    let (_directory, queues) = queues();
    let queue = queues.queue("a");
    let (reports, mut reported) = mpsc::unbounded_channel();
    let handler = Arc::new(Script { reports, count: AtomicU32::new(0) });
    tokio::spawn(worker::run(queue.clone(), handler.clone(), worker::CONCURRENCY, 4));
    let messages = ["panics", "never works", "works the third time", "works"];
    queue.add(messages.map(|message| (message.to_owned(), NO_TIME)).into()).await.unwrap();
    let mut seen = Vec::new();
    while !seen.iter().any(|report: &String| report.starts_with("gave up")) || seen.len() < 9 {
        seen.push(reported.recv().await.unwrap());
    }
    let times = |start: &str| seen.iter().filter(|report| report.starts_with(start)).count();
    assert_eq!(times("never works "), 4);
    assert_eq!(times("works the third time"), 3);
    assert_eq!((times("works 1"), times("panics"), handler.count.load(Ordering::Relaxed)), (1, 1, 1));
    // The one that panicked is hidden.
    while queue.state().await.unwrap().messages > 1 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn lanes_that_wait_are_in_a_queue_of_their_own() {
    let (_directory, queues) = queues();
    let wakes = Wakes::new(&queues);
    let wake = |name: &str, delay| Wake { integrator: name.parse().unwrap(), delay };
    let sent = [wake("a", NO_TIME), wake("b", LONG), wake("c", NO_TIME)];
    let results = wakes.send(&sent).await;
    assert!(results.len() == 3 && results.iter().all(Result::is_ok), "{results:?}");
    assert!(wakes.send(&[]).await.is_empty());
    let [now, later] = wakes.queues();
    let received = now.receive(10, LONG).await.unwrap();
    assert_eq!(bodies(&received), [r#"{"integrator":"a"}"#, r#"{"integrator":"c"}"#]);
    // Its time has not come.
    assert!(later.receive(10, LONG).await.unwrap().is_empty());
    assert_eq!(later.state().await.unwrap().messages, 1);
}
