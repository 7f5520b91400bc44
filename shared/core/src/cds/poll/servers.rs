//! Servers that are not to be asked any more in this run: what one repository met there is not tried with the others.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::SourceError;

/// After so many requests to which there was no answer, a server is left alone until the next run: each waits for long.
const UNANSWERED: u32 = 3;

#[derive(Debug, Default)]
pub(super) struct Servers {
    servers: Mutex<HashMap<String, Server>>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Server {
    limited_until: Option<Timestamp>,
    unanswered: u32,
}

/// Why a server is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// It takes requests again at that moment.
    Until(Timestamp),
    /// It does not answer.
    Silent,
}

impl Servers {
    pub(super) fn rest(&self, server: &str, now: Timestamp) -> Option<Rest> {
        let known = self.lock().get(server).copied().unwrap_or_default();
        let limited = known.limited_until.filter(|until| *until > now).map(Rest::Until);
        limited.or_else(|| (known.unanswered >= UNANSWERED).then_some(Rest::Silent))
    }

    pub(super) fn limit(&self, server: &str, until: Timestamp) {
        let mut servers = self.lock();
        let known = servers.entry(server.to_owned()).or_default();
        known.limited_until = known.limited_until.max(Some(until));
    }

    /// Notes that it did not answer, if that is what the error says.
    pub(super) fn note(&self, server: &str, error: &SourceError) {
        if matches!(error, SourceError::Unavailable { .. }) {
            self.lock().entry(server.to_owned()).or_default().unanswered += 1;
        }
    }

    /// Nothing that can panic is done under the lock.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Server>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
