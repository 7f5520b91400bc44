//! Asking providers what happened in repositories, and firing the tasks that are for it.
//!
//! - `ports` are repositories that somebody wants to hear of, where they are kept, and who tells what happened.
//! - `cursor` says which events of a list are new.
//! - [`Poller`] asks for each repository in turn: `one` is a single one, `servers` who is better left alone for a while.
//!
//! An event is a message of the exchange `repository/<server>/<repository>`, to which tasks are bound like hooks to a broker's: its
//! firings' taskIds are derived from its id. Sending comes before moving the cursor on. So a poller that dies in between, or
//! two at once, send the same firings again.

mod cursor;
#[cfg(test)]
pub(crate) mod known;
mod one;
mod ports;
mod servers;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream;
use jiff::Timestamp;

use crate::ports::{BindingStore, PageRequest, StoreError, chain};
use crate::pulse::Dispatcher;

pub use cursor::Cursor;
pub use ports::{EventPage, EventSource, Found, Repository, RepositoryName, RepositoryStore, SourceError};
use servers::Servers;

/// How often a poller runs, in seconds.
pub const PERIOD_SECONDS: i64 = 60;

/// So many repositories are asked for at once.
const AT_ONCE: usize = 8;

/// So many repositories are read at once.
const PAGE: usize = 500;

/// What polls.
#[derive(Clone)]
pub struct Poller {
    /// The repositories.
    pub repositories: Arc<dyn RepositoryStore>,
    /// Who wants to hear of them.
    pub bindings: Arc<dyn BindingStore>,
    /// Who tells what happened.
    pub providers: Arc<dyn EventSource>,
    /// Fires the tasks.
    pub dispatcher: Arc<Dispatcher>,
    /// The clock.
    pub clock: fn() -> Timestamp,
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PollReport {
    /// How many repositories there are.
    pub watched: usize,
    /// How many were asked for, and answered.
    pub polled: usize,
    /// How many of these had nothing new.
    pub unchanged: usize,
    /// How many new events there were that workflows run for.
    pub events: usize,
    /// How many firings were sent.
    pub fired: usize,
    /// How many could not be polled, or not to the end.
    pub failed: usize,
    /// How many were left alone as their server takes no requests for now, or has not answered for others.
    pub postponed: usize,
    /// How many nobody wants any longer.
    pub forgotten: usize,
    /// How many there was no time for.
    pub unfinished: usize,
}

impl PollReport {
    fn add(&mut self, other: &Self) {
        self.watched += other.watched;
        self.polled += other.polled;
        self.unchanged += other.unchanged;
        self.events += other.events;
        self.fired += other.fired;
        self.failed += other.failed;
        self.postponed += other.postponed;
        self.forgotten += other.forgotten;
        self.unfinished += other.unfinished;
    }
}

impl Poller {
    /// Polls each repository whose time has come. None is begun after `stop_at`. What a repository meets is logged and kept
    /// with it, and holds up no other.
    ///
    /// # Errors
    /// When the repositories can't be listed.
    pub async fn run(&self, stop_at: Timestamp) -> Result<PollReport, StoreError> {
        let mut repositories = self.all().await?;
        let now = (self.clock)();
        let mut report = PollReport { watched: repositories.len(), ..PollReport::default() };
        repositories.retain(|repository| repository.not_before.is_none_or(|moment| moment <= now));
        in_turn(&mut repositories, now);
        let servers = Servers::default();
        let polls = repositories.into_iter().map(|repository| self.poll(repository, &servers, stop_at));
        let mut polls = stream::iter(polls).buffer_unordered(AT_ONCE);
        while let Some(part) = polls.next().await {
            report.add(&part);
        }
        Ok(report)
    }

    async fn all(&self) -> Result<Vec<Repository>, StoreError> {
        let (mut all, mut continuation) = (Vec::new(), None);
        loop {
            let request = PageRequest { limit: Some(PAGE), continuation };
            let page = self.repositories.list(&request).await?;
            all.extend(page.items);
            continuation = page.continuation;
            if continuation.is_none() {
                return Ok(all);
            }
        }
    }

    async fn poll(&self, repository: Repository, servers: &Servers, stop_at: Timestamp) -> PollReport {
        if (self.clock)() >= stop_at {
            return PollReport { unfinished: 1, ..PollReport::default() };
        }
        match self.one(&repository, servers, stop_at).await {
            Ok(report) => report,
            Err(error) => {
                let name = &repository.name;
                tracing::error!(repository = %name, error = chain(&error), "a repository can't be polled");
                PollReport { failed: 1, ..PollReport::default() }
            }
        }
    }
}

/// Begins elsewhere each minute: where there is no time for all, the last ones are others each time.
fn in_turn(repositories: &mut [Repository], now: Timestamp) {
    let Some(count) = i64::try_from(repositories.len()).ok().filter(|count| *count > 0) else { return };
    let turn = (now.as_second() / PERIOD_SECONDS).wrapping_mul(7919).rem_euclid(count);
    repositories.rotate_left(usize::try_from(turn).unwrap_or_default());
}
