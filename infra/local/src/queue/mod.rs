//! Queues in a file of the data directory, in place of SQS: with delays, visibility timeouts, counts of receipts. What was
//! accepted survives the end of the process, whichever way.
//!
//! - [`Queues`] is the file; [`Queue`] one queue in it, which is a [`FiringQueue`] and a [`PulseQueue`] too.
//! - `file` is what is in it and how that changes.
//! - `wakes` are the queues of integrators' lanes; `worker` does what waits in a queue.
//!
//! It is not the database's own file: that one has a single writer, whom a backlog of messages would hold up.

mod file;
mod wakes;
pub(crate) mod worker;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Notify;
use treble_core::ports::{DelayedFiring, FiringQueue, PulseQueue, QueueError};
use treble_core::pulse::PulseMessage;
use treble_embedded::Durability;

use crate::data_dir::{DataDir, DataDirError};
use file::{File, New};
pub(crate) use file::{Received, State};
pub(crate) use wakes::Wakes;

/// The queue of firings.
pub(crate) const FIRINGS: &str = "firings";

/// The queue of messages from a broker.
pub(crate) const PULSE: &str = "pulse";

/// The queue of integrators' lanes.
pub(crate) const DELIVERIES: &str = "deliveries";

/// The queue of lanes that were to be looked at later: mostly as their integrators' servers have failed.
pub(crate) const RETRIES: &str = "retries";

/// The file of queues can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QueuesError {
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error("the file of queues {} can't be used", path.display())]
    File {
        path: std::path::PathBuf,
        #[source]
        source: rusqlite::Error,
    },
    #[error("the thread that was to use the file of queues has ended")]
    Thread(#[from] tokio::task::JoinError),
}

/// The queues of a data directory. A clone is the same ones. Other processes may use the file at the same time.
#[derive(Clone)]
pub(crate) struct Queues {
    shared: Arc<Shared>,
}

struct Shared {
    file: Mutex<File>,
    path: std::path::PathBuf,
    /// Told when there is something new in any of them.
    sent: Notify,
}

impl Queues {
    /// Opens the file, or creates it, for this user alone.
    pub(crate) fn open(dir: &DataDir, durability: Durability) -> Result<Self, QueuesError> {
        let path = dir.queues();
        dir.touch(&path)?;
        let opened = File::open(&path, durability);
        let file = opened.map_err(|source| QueuesError::File { path: path.clone(), source })?;
        Ok(Self { shared: Arc::new(Shared { file: Mutex::new(file), path, sent: Notify::new() }) })
    }

    /// The queue of that name.
    pub(crate) fn queue(&self, name: &'static str) -> Queue {
        Queue { queues: self.clone(), name }
    }

    /// Does something with the file, in a thread where waiting for the disk holds up nobody.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut File) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, QueuesError> {
        let shared = Arc::clone(&self.shared);
        let result = tokio::task::spawn_blocking(move || {
            let mut file = shared.file.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut file)
        })
        .await?;
        result.map_err(|source| QueuesError::File { path: self.path().to_owned(), source })
    }

    fn path(&self) -> &Path {
        &self.shared.path
    }
}

/// A queue.
#[derive(Clone)]
pub(crate) struct Queue {
    queues: Queues,
    name: &'static str,
}

impl Queue {
    /// Adds messages, all or none; each is first received after its delay.
    pub(crate) async fn add(&self, messages: Vec<(String, Duration)>) -> Result<(), QueuesError> {
        let (name, now) = (self.name, Timestamp::now());
        let new = messages.into_iter().map(|(body, delay)| New { body, visible_at: later(now, delay) });
        let new: Vec<New> = new.collect();
        self.queues.with(move |file| file.add(name, &new)).await?;
        self.queues.shared.sent.notify_waiters();
        Ok(())
    }

    /// Receives up to so many messages, which nobody else receives until `hidden` is over.
    pub(crate) async fn receive(&self, most: usize, hidden: Duration) -> Result<Vec<Received>, QueuesError> {
        let (name, now) = (self.name, Timestamp::now());
        self.queues.with(move |file| file.receive(name, most, now, later(now, hidden))).await
    }

    /// Removes a message that is done.
    pub(crate) async fn delete(&self, message: i64) -> Result<(), QueuesError> {
        self.queues.with(move |file| file.delete(message)).await
    }

    /// Makes a message be received again after so long.
    pub(crate) async fn postpone(&self, message: i64, delay: Duration) -> Result<(), QueuesError> {
        let at = later(Timestamp::now(), delay);
        self.queues.with(move |file| file.postpone(message, at)).await
    }

    /// How many messages there are, and when the next one can be received.
    pub(crate) async fn state(&self) -> Result<State, QueuesError> {
        let name = self.name;
        self.queues.with(move |file| file.state(name)).await
    }

    /// Resolves when something is sent by this process.
    pub(crate) async fn sent(&self) {
        self.queues.shared.sent.notified().await;
    }
}

fn later(now: Timestamp, delay: Duration) -> Timestamp {
    now.checked_add(delay).unwrap_or(Timestamp::MAX)
}

impl Queue {
    /// Adds messages of some kind, each with its delay; all or none, and so is what is said of each.
    async fn send_all<T>(
        &self,
        messages: &[T],
        write: impl Fn(&T) -> serde_json::Result<(String, Duration)>,
    ) -> Vec<Result<(), QueueError>> {
        let written = messages.iter().map(write).collect::<Result<Vec<_>, _>>();
        let added = match written {
            Ok(written) => self.add(written).await.map_err(|error| crate::output::chain(&error)),
            Err(error) => Err(error.to_string()),
        };
        let outcome = |_| match &added {
            Ok(()) => Ok(()),
            Err(reason) => Err(QueueError::Unavailable { reason: reason.clone(), source: None }),
        };
        messages.iter().map(outcome).collect()
    }
}

#[async_trait]
impl FiringQueue for Queue {
    async fn send(&self, firings: &[DelayedFiring]) -> Vec<Result<(), QueueError>> {
        let write = |firing: &DelayedFiring| Ok((serde_json::to_string(&firing.firing)?, firing.delay));
        self.send_all(firings, write).await
    }
}

#[async_trait]
impl PulseQueue for Queue {
    async fn send(&self, messages: &[PulseMessage]) -> Vec<Result<(), QueueError>> {
        self.send_all(messages, |message| Ok((serde_json::to_string(message)?, Duration::ZERO))).await
    }
}

#[cfg(test)]
mod tests;
