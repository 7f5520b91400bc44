//! What came of a firing, for who counts firings: few kinds, whatever the hooks.

use std::time::Duration;

use jiff::Timestamp;

use crate::consumer::{ConsumeError, Outcome};
use crate::fire::{FireError, Fired};
use crate::firing::{FiredBy, Firing};

/// What came of a firing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FiringReport {
    /// What made the hook fire.
    pub fired_by: FiredBy,
    /// What came of it.
    pub result: Kind,
    /// How long after the firing's moment that was.
    pub latency: Duration,
}

/// What came of a firing, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Its task exists.
    Success,
    /// The template rendered to nothing.
    Declined,
    /// It failed for good.
    Error,
    /// It failed in a way that may pass, and comes again.
    Retried,
}

impl Kind {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Declined => "declined",
            Self::Error => "error",
            Self::Retried => "retried",
        }
    }
}

impl FiringReport {
    /// Of a call.
    pub fn of_call(
        fired_by: FiredBy,
        created: Timestamp,
        fired: &Result<Fired, FireError>,
        now: Timestamp,
    ) -> Self {
        let result = match fired {
            Ok(Fired::Created { .. }) => Kind::Success,
            Ok(Fired::Declined) => Kind::Declined,
            Err(_) => Kind::Error,
        };
        Self { fired_by, result, latency: since(created, now) }
    }

    /// Of a message of the queue; None where it was no firing, or none any more.
    pub fn of_message(outcome: &Result<Outcome, ConsumeError>, now: Timestamp) -> Option<Self> {
        let (firing, result): (&Firing, _) = match outcome {
            Ok(Outcome::Fired(firing)) => (firing, Kind::Success),
            Ok(Outcome::Declined(firing)) => (firing, Kind::Declined),
            Ok(Outcome::Failed(firing, _)) => (firing, Kind::Error),
            Ok(Outcome::Postponed(firing, _)) | Err(ConsumeError::Fire { firing, .. }) => {
                (firing, Kind::Retried)
            }
            Ok(Outcome::Dropped(_))
            | Err(
                ConsumeError::Unreadable(_)
                | ConsumeError::Store(_)
                | ConsumeError::Queue(_)
                | ConsumeError::NoCds(_),
            ) => return None,
        };
        Some(Self { fired_by: firing.fired_by, result, latency: since(firing.created, now) })
    }
}

fn since(created: Timestamp, now: Timestamp) -> Duration {
    // Another process's clock may be ahead.
    Duration::try_from(now.duration_since(created)).unwrap_or_default()
}
