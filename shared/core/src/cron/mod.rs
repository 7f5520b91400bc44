//! Schedules: when a hook fires by itself.
//!
//! A hook's schedule is a list of cron patterns in the dialect of Taskcluster, which is that of the npm
//! package cron-parser, 5.6.2, in UTC. [`parse_pattern`] reads one pattern into a [`Calendar`], the sets of
//! seconds, minutes, … that it allows; a [`Schedule`] is the union of several calendars.
//!
//! A calendar knows nothing of the dialect that it was written in, nor of time zones: it works on civil time.
//! Everything after parsing is arithmetic on a handful of bit sets that jumps from field to field, however rare
//! the occurrences are.

mod calendar;
mod days;
mod error;
mod field;
mod hashed;
mod pattern;
mod set;

use jiff::Timestamp;
use jiff::tz::Offset;

pub use calendar::{Calendar, HORIZON_YEARS};
pub use error::{Field, Numeral, PatternError};
pub use pattern::parse_pattern;

/// How many patterns a hook's schedule may have. Checked where hooks are created and updated.
pub const MAX_PATTERNS: usize = 50;

/// A hook's schedule: the moments, in UTC, of all its patterns together.
///
/// A moment that several patterns name is one occurrence. A schedule without patterns has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    calendars: Vec<Calendar>,
}

/// A schedule has a pattern that is no good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{source} in {pattern}")]
pub struct ScheduleError {
    /// The pattern, as it was given.
    pub pattern: String,
    /// What is wrong with it.
    pub source: PatternError,
}

impl Schedule {
    /// Reads a hook's patterns. `hash_seed` is the hook's name: it decides what `H` stands for.
    ///
    /// # Errors
    ///
    /// The first pattern that can't be read or that never fires.
    pub fn parse(patterns: &[String], hash_seed: &str) -> Result<Self, ScheduleError> {
        let parse = |pattern: &String| {
            parse_pattern(pattern, hash_seed)
                .map_err(|source| ScheduleError { pattern: pattern.clone(), source })
        };
        let calendars = patterns.iter().map(parse).collect::<Result<_, _>>()?;
        Ok(Self { calendars })
    }

    /// The first occurrence strictly after an instant, if there is one within the next [`HORIZON_YEARS`] years.
    #[must_use]
    pub fn next_after(&self, instant: Timestamp) -> Option<Timestamp> {
        let after = Offset::UTC.to_datetime(instant);
        let next = self.calendars.iter().filter_map(|calendar| calendar.next_after(after)).min()?;
        Offset::UTC.to_timestamp(next).ok()
    }

    /// Whether the schedule has an occurrence at exactly this instant. Occurrences are at whole seconds.
    #[must_use]
    pub fn is_occurrence(&self, instant: Timestamp) -> bool {
        let at = Offset::UTC.to_datetime(instant);
        self.calendars.iter().any(|calendar| calendar.contains(at))
    }
}

#[cfg(test)]
mod tests;
