//! One repository: what is new there, fired, and then noted.

use jiff::{SignedDuration, Timestamp};

use super::cursor::Reading;
use super::servers::{Rest, Servers};
use super::{EventPage, Found, PERIOD_SECONDS, PollReport, Poller, Repository, SourceError};
use crate::ports::{StoreError, chain};
use crate::pulse::{DispatchError, PulseMessage};

/// So many pages are read at most. GitHub has no more than 300 events.
const PAGES: usize = 6;

/// So many events are dispatched at once.
const AT_ONCE: usize = 50;

/// How long a repository is kept that no hook is bound to: a task is saved after it.
const UNBOUND: SignedDuration = SignedDuration::from_mins(10);

/// The longest wait after failures, and the longest that a provider may ask for, in seconds.
const LONGEST: i64 = 60 * 60;

/// How much earlier than told a repository is polled, in seconds: runs don't come to the second, and the next is late.
const SLACK: i64 = 5;

/// The longest error text that is kept, in bytes.
const ERROR_BYTES: usize = 1000;

/// Why a repository was not polled to the end.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("not all of its tasks were fired")]
    Dispatch(#[from] DispatchError),
    #[error("there was no time to read its list to the end")]
    Time,
}

/// What was read.
struct Read {
    news: Vec<Found>,
    /// The repository once these are handled.
    next: Repository,
    unchanged: bool,
}

impl Poller {
    /// Polls a repository; the errors are of the stores alone.
    pub(super) async fn one(
        &self,
        repository: &Repository,
        servers: &Servers,
        stop_at: Timestamp,
    ) -> Result<PollReport, StoreError> {
        let mut report = PollReport::default();
        let now = (self.clock)();
        if self.bindings.bound_to(&repository.name.exchange()).await?.is_empty() {
            if now.duration_since(repository.wanted) > UNBOUND && self.repositories.forget(repository).await?
            {
                tracing::info!(repository = %repository.name, "nobody wants to hear of a repository any longer");
                report.forgotten = 1;
            }
            return Ok(report);
        }
        if let Some(rest) = servers.rest(repository.name.server(), now) {
            report.postponed = 1;
            if let Rest::Until(moment) = rest {
                let next = Repository { not_before: Some(bounded(moment, now)), ..repository.clone() };
                self.save(repository, next).await?;
            }
            return Ok(report);
        }
        let next = match self.handle(repository, servers, stop_at, &mut report).await {
            Ok(next) => next,
            // No fault of the repository's, and no reason to wait.
            Err(Trouble::Time) => return Ok(PollReport { unfinished: 1, ..PollReport::default() }),
            Err(trouble) => {
                report.failed = 1;
                self.after(repository, &trouble, servers)
            }
        };
        self.save(repository, next).await?;
        Ok(report)
    }

    /// Fires what is new: the repository as it is to be noted then.
    async fn handle(
        &self,
        repository: &Repository,
        servers: &Servers,
        stop_at: Timestamp,
        report: &mut PollReport,
    ) -> Result<Repository, Trouble> {
        let read = self.read(repository, servers, stop_at).await?;
        report.polled = 1;
        report.unchanged = usize::from(read.unchanged);
        let now = (self.clock)();
        let news = read.news.into_iter().filter(|found| found.event.is_for_workflows());
        let messages: Vec<PulseMessage> = news.map(|found| message(repository, found, now)).collect();
        report.events = messages.len();
        for some in messages.chunks(AT_ONCE) {
            for fired in self.dispatcher.dispatch(some, (self.clock)()).await {
                report.fired += fired?;
            }
        }
        Ok(read.next)
    }

    /// Reads the list, from the newest event to what was handled before.
    async fn read(
        &self,
        repository: &Repository,
        servers: &Servers,
        stop_at: Timestamp,
    ) -> Result<Read, Trouble> {
        let mut next = Repository { last_error: None, failures: 0, not_before: None, ..repository.clone() };
        let mut reading = Reading::new(repository.cursor.as_ref(), repository.since);
        let etag = repository.cursor.as_ref().and(repository.etag.as_deref());
        let mut page = self.page(repository, etag, None, servers).await?;
        next.not_before = page.not_before;
        if page.not_modified {
            return Ok(Read { news: Vec::new(), next, unchanged: true });
        }
        next.etag = page.etag.take();
        for number in 1.. {
            let following = page.next;
            let more = reading.add(page.events, following.is_some());
            let (true, Some(following)) = (more, following) else { break };
            if number >= PAGES {
                let name = &repository.name;
                tracing::warn!(repository = %name, pages = PAGES, "more happened in a repository than is read of it: what is older is left out");
                break;
            }
            if (self.clock)() >= stop_at {
                return Err(Trouble::Time);
            }
            page = self.page(repository, None, Some(following), servers).await?;
        }
        let (news, cursor) = reading.finish();
        next.cursor = Some(cursor);
        Ok(Read { unchanged: news.is_empty(), news, next })
    }

    async fn page(
        &self,
        repository: &Repository,
        etag: Option<&str>,
        page: Option<u64>,
        servers: &Servers,
    ) -> Result<EventPage, SourceError> {
        let mut page = self.providers.page(&repository.name, etag, page).await?;
        let now = (self.clock)();
        page.not_before = page.not_before.and_then(|moment| worth_noting(moment, now));
        if let Some(until) = page.exhausted_until {
            servers.limit(repository.name.server(), bounded(until, now));
        }
        Ok(page)
    }

    /// The repository after a failure, which is logged when it is another than the last time.
    fn after(&self, repository: &Repository, trouble: &Trouble, servers: &Servers) -> Repository {
        let now = (self.clock)();
        let failures = repository.failures.saturating_add(1);
        let mut not_before = backoff(now, failures);
        if let Trouble::Source(error) = trouble {
            servers.note(repository.name.server(), error);
            if let SourceError::Limited { until, .. } = error {
                let told = until.filter(|until| *until > now);
                not_before = told.map_or(not_before, |until| bounded(until, now));
                servers.limit(repository.name.server(), not_before);
            }
        }
        let (name, error) = (&repository.name, short(chain(trouble)));
        if repository.last_error.as_ref() == Some(&error) {
            tracing::debug!(repository = %name, error, failures, "a repository was not polled again");
        } else {
            tracing::warn!(repository = %name, error, "a repository was not polled");
        }
        Repository { failures, last_error: Some(error), not_before: Some(not_before), ..repository.clone() }
    }

    /// Notes a repository, if there is anything to note: most polls find nothing, and write nothing.
    async fn save(&self, old: &Repository, new: Repository) -> Result<(), StoreError> {
        // A moment that has passed says the same as none.
        let not_before = new.not_before.or(old.not_before);
        if *old == (Repository { not_before, ..new.clone() }) {
            return Ok(());
        }
        let new = Repository { revision: old.revision + 1, ..new };
        if !self.repositories.save(old, &new).await? {
            tracing::debug!(repository = %old.name, "another poller was quicker");
        }
        Ok(())
    }
}

fn message(repository: &Repository, found: Found, now: Timestamp) -> PulseMessage {
    PulseMessage {
        id: found.event.id.clone(),
        exchange: repository.name.exchange(),
        routing_key: found.kind,
        cc: Vec::new(),
        // A provider's clock may be ahead.
        received: found.happened.map_or(now, |happened| happened.min(now)),
        payload: serde_json::to_value(&found.event).unwrap_or_default(),
        unreadable: None,
        trace: None,
    }
}

/// A moment that a provider told, where the next run comes before it.
fn worth_noting(moment: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let moment = bounded(moment, now).checked_sub(SignedDuration::from_secs(SLACK)).ok()?;
    (moment.duration_since(now) > SignedDuration::from_secs(PERIOD_SECONDS)).then_some(moment)
}

/// A moment that a provider told, within reason.
fn bounded(moment: Timestamp, now: Timestamp) -> Timestamp {
    moment.min(later(now, LONGEST))
}

/// When to try again after so many failures: first at the next run, then later each time.
fn backoff(now: Timestamp, failures: u32) -> Timestamp {
    let periods = 1_i64.checked_shl(failures.saturating_sub(1)).filter(|periods| *periods > 0);
    let seconds = periods.map_or(LONGEST, |periods| periods.saturating_mul(PERIOD_SECONDS).min(LONGEST));
    later(now, seconds - SLACK)
}

fn later(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

fn short(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(ERROR_BYTES));
    text
}
