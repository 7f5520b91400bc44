//! Does what waits in a queue, some messages at once, as SQS and Lambda do it together.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::task::{Id, JoinSet};
use tokio::time::sleep;

use super::{Queue, QueuesError, Received};
use crate::output;

/// How many messages are done at once, where each is work for this process.
pub(crate) const CONCURRENCY: usize = 10;

/// How long a message is nobody else's: longer than doing it may take.
const HIDDEN: Duration = Duration::from_secs(60);

/// How often a message is tried before it is given up, unless the command line says otherwise: with the waits between, that
/// takes some two hours.
pub(crate) const ATTEMPTS: u32 = 14;

/// How long to wait at most before looking again: another process may have sent something.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long to wait after the file could not be used.
const AFTER_ERROR: Duration = Duration::from_secs(5);

/// What does the messages of a queue.
#[async_trait]
pub(crate) trait Handler: Send + Sync + 'static {
    /// Does what a message says; how long it is to wait, if it must come again.
    async fn handle(&self, message: &Received) -> Result<(), Duration>;

    /// Does what there is to do about a message that was tried often enough. It is removed then, unless it must come again.
    async fn give_up(&self, message: &Received) -> Result<(), Duration>;
}

/// Does what waits in a queue, for good: so many messages at once, each up to so many times.
pub(crate) async fn run(queue: Queue, handler: Arc<dyn Handler>, concurrency: usize, attempts: u32) {
    let (tasks, messages) = (JoinSet::new(), Vec::new());
    let mut under_way = UnderWay { queue, handler, concurrency, attempts, tasks, messages };
    loop {
        if let Err(error) = under_way.turn().await {
            tracing::error!("{}", output::chain(&error));
            sleep(AFTER_ERROR).await;
        }
    }
}

/// The messages that are being done.
struct UnderWay {
    queue: Queue,
    handler: Arc<dyn Handler>,
    concurrency: usize,
    attempts: u32,
    tasks: JoinSet<Result<(), Duration>>,
    messages: Vec<(Id, Received)>,
}

impl UnderWay {
    /// Takes what there is and there is room for; then waits until something is done or new.
    async fn turn(&mut self) -> Result<(), QueuesError> {
        let room = self.concurrency - self.tasks.len();
        let received = if room > 0 { self.queue.receive(room, HIDDEN).await? } else { Vec::new() };
        let nothing_new = received.is_empty();
        for message in received {
            self.begin(message);
        }
        while let Some(done) = self.tasks.try_join_next_with_id() {
            self.end(done).await?;
        }
        if !nothing_new {
            return Ok(());
        }
        let pause = self.pause().await?;
        let queue = self.queue.clone();
        tokio::select! {
            Some(done) = self.tasks.join_next_with_id() => self.end(done).await,
            () = queue.sent(), if self.tasks.len() < self.concurrency => Ok(()),
            () = sleep(pause), if self.tasks.len() < self.concurrency => Ok(()),
        }
    }

    fn begin(&mut self, message: Received) {
        let (handler, own, attempts) = (Arc::clone(&self.handler), message.clone(), self.attempts);
        // In a task of its own: a panic is a message that failed.
        let task = self.tasks.spawn(async move {
            if own.receives > attempts { handler.give_up(&own).await } else { handler.handle(&own).await }
        });
        self.messages.push((task.id(), message));
    }

    async fn end(
        &mut self,
        done: Result<(Id, Result<(), Duration>), tokio::task::JoinError>,
    ) -> Result<(), QueuesError> {
        let (id, outcome) = match done {
            Ok((id, outcome)) => (id, outcome),
            Err(error) => (error.id(), Err(HIDDEN)),
        };
        let Some(place) = self.messages.iter().position(|(task, _)| *task == id) else { return Ok(()) };
        let (_, message) = self.messages.swap_remove(place);
        match outcome {
            Ok(()) => self.queue.delete(message.id).await,
            Err(delay) => self.queue.postpone(message.id, delay).await,
        }
    }

    /// Until the next message can be received, as far as is known.
    async fn pause(&self) -> Result<Duration, QueuesError> {
        let until = self.queue.state().await?.next.map(|next| next.duration_since(Timestamp::now()));
        let until = until.map_or(LONGEST_PAUSE, |until| Duration::try_from(until).unwrap_or_default());
        // Hidden messages that are being done are among those that can be received some time.
        Ok(until.clamp(Duration::from_millis(1), LONGEST_PAUSE))
    }
}
