//! Schedules: when a hook fires by itself.
//!
//! A hook's schedule is a list of patterns, mostly in the dialect of Taskcluster, which is that of the npm package
//! cron-parser, 5.6.2, in UTC: [`parse_pattern`] reads one into a [`Calendar`], the sets of seconds, minutes, … that it
//! allows. [`cronexpr`] does so for the dialect of CDS, which has time zones. A [`Schedule`] is the union of several
//! calendars, each with its zone.
//!
//! A calendar knows nothing of the dialect that it was written in, nor of time zones: it works on civil time.
//! Everything after parsing is arithmetic on a handful of bit sets that jumps from field to field, however rare
//! the occurrences are. What changes of clocks do to it is decided in one place, `local`.

mod calendar;
pub mod cronexpr;
mod days;
mod error;
mod field;
mod hashed;
mod local;
mod pattern;
mod set;
mod zone;

use jiff::Timestamp;

use cronexpr::CronexprError;
use local::LocalCalendar;
use zone::Zone;

pub use calendar::{Calendar, HORIZON_YEARS};
pub use error::{Field, Numeral, PatternError};
pub use pattern::parse_pattern;
pub use zone::ZoneError;

/// How many patterns a hook's schedule may have. Checked where hooks are created and updated.
pub const MAX_PATTERNS: usize = 50;

/// A hook's schedule: the moments of all its patterns together.
///
/// A moment that several patterns name is one occurrence. A schedule without patterns has none.
///
/// Where clocks are changed, mostly for daylight saving, a pattern in a time zone that allows every hour of a day
/// fires whenever the clocks show one of its times, so that it goes on each hour, or minute, of real time. With any other
/// pattern each time counts once: one that comes twice fires at its first, and one that the clocks leap over
/// fires at the first moment after the leap, once for all that were leapt over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    calendars: Vec<LocalCalendar>,
}

/// A schedule has a pattern that is no good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{source} in {pattern}")]
pub struct ScheduleError {
    /// The pattern, as it was given.
    pub pattern: String,
    /// What is wrong with it.
    pub source: UnreadablePattern,
}

/// What is wrong with a pattern, in the words of its dialect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadablePattern {
    /// Of Taskcluster.
    #[error(transparent)]
    Taskcluster(#[from] PatternError),
    /// Of CDS, which only stored schedules have.
    #[error(transparent)]
    Cronexpr(#[from] CronexprError),
}

impl Schedule {
    /// Reads patterns of Taskcluster's, and no others: those that a client gives. `hash_seed` is the hook's name: it
    /// decides what `H` stands for.
    ///
    /// # Errors
    ///
    /// The first pattern that can't be read or that never fires.
    pub fn parse(patterns: &[String], hash_seed: &str) -> Result<Self, ScheduleError> {
        Self::parse_each(patterns, |pattern| taskcluster(pattern, hash_seed))
    }

    /// Reads the patterns of a hook that is stored, whichever dialect it came by: Taskcluster's, and what
    /// [`cronexpr::stored`] makes.
    ///
    /// # Errors
    ///
    /// The first pattern that can't be read or that never fires.
    pub fn parse_stored(patterns: &[String], hash_seed: &str) -> Result<Self, ScheduleError> {
        Self::parse_each(patterns, |pattern| match cronexpr::parse_stored(pattern) {
            Some(read) => Ok(read?),
            None => taskcluster(pattern, hash_seed),
        })
    }

    fn parse_each(
        patterns: &[String],
        parse: impl Fn(&str) -> Result<LocalCalendar, UnreadablePattern>,
    ) -> Result<Self, ScheduleError> {
        let parse = |pattern: &String| {
            parse(pattern).map_err(|source| ScheduleError { pattern: pattern.clone(), source })
        };
        let calendars = patterns.iter().map(parse).collect::<Result<_, _>>()?;
        Ok(Self { calendars })
    }

    /// The first occurrence strictly after an instant, if there is one within the next [`HORIZON_YEARS`] years.
    #[must_use]
    pub fn next_after(&self, instant: Timestamp) -> Option<Timestamp> {
        self.calendars.iter().filter_map(|calendar| calendar.next_after(instant)).min()
    }

    /// Whether the schedule has an occurrence at exactly this instant. Occurrences are at whole seconds.
    #[must_use]
    pub fn is_occurrence(&self, instant: Timestamp) -> bool {
        self.calendars.iter().any(|calendar| calendar.contains(instant))
    }
}

fn taskcluster(pattern: &str, hash_seed: &str) -> Result<LocalCalendar, UnreadablePattern> {
    Ok(LocalCalendar { calendar: parse_pattern(pattern, hash_seed)?, zone: Zone::Utc })
}

#[cfg(test)]
mod tests;
