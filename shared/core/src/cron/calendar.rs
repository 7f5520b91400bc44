//! The moments that a pattern allows, whatever dialect it was written in.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, datetime};

use super::days::Days;
use super::set::Set;

/// How far ahead an occurrence is searched, in years. The rarest that a pattern without years can name, a 29 February
/// on a certain weekday, comes within 40.
pub const HORIZON_YEARS: i16 = 100;

/// A set of moments in civil time, at whole seconds: those whose second, minute, hour, day, month and year
/// are all allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    pub(crate) seconds: Set,
    pub(crate) minutes: Set,
    pub(crate) hours: Set,
    pub(crate) days: Days,
    /// 1 is January.
    pub(crate) months: Set,
    /// Absent: every year.
    pub(crate) years: Option<BTreeSet<i16>>,
}

/// Where to start looking whether a calendar without years has any moment. Any would do.
const ANY_MOMENT: DateTime = datetime(2000, 1, 1, 0, 0, 0, 0);

/// A time of day at a whole second: hour, minute, second.
type Time = (i8, i8, i8);

impl Calendar {
    /// The first moment strictly after another, within [`HORIZON_YEARS`]; `None` when there is none.
    #[must_use]
    pub fn next_after(&self, after: DateTime) -> Option<DateTime> {
        let today = after.date();
        if self.has_day(today)
            && let Some(time) = self.time_after((after.hour(), after.minute(), after.second()))
        {
            return at(today, time);
        }
        let first_time = (self.hours.first()?, self.minutes.first()?, self.seconds.first()?);
        at(self.day_after(today)?, first_time)
    }

    /// Whether a moment is one of the calendar's.
    #[must_use]
    pub fn contains(&self, at: DateTime) -> bool {
        at.subsec_nanosecond() == 0
            && self.seconds.contains(at.second())
            && self.minutes.contains(at.minute())
            && self.hours.contains(at.hour())
            && self.has_day(at.date())
    }

    /// Whether it has no moment at all, in none of its years.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        match &self.years {
            None => self.next_after(ANY_MOMENT).is_none(),
            Some(years) => !years.iter().any(|&year| self.day_in_year(year, 1, 1).is_some()),
        }
    }

    /// Whether all hours of a day are allowed.
    pub(crate) fn has_every_hour(&self) -> bool {
        self.hours == Set::range(0, 23)
    }

    fn has_year(&self, year: i16) -> bool {
        self.years.as_ref().is_none_or(|years| years.contains(&year))
    }

    fn has_day(&self, date: Date) -> bool {
        self.has_year(date.year())
            && self.months.contains(date.month())
            && self.days.in_month(date.year(), date.month()).contains(date.day())
    }

    /// The next time within the same day.
    fn time_after(&self, (hour, minute, second): Time) -> Option<Time> {
        let first_minute = self.minutes.first()?;
        let first_second = self.seconds.first()?;
        if self.hours.contains(hour) {
            if self.minutes.contains(minute)
                && let Some(second) = self.seconds.at_least(second + 1).first()
            {
                return Some((hour, minute, second));
            }
            if let Some(minute) = self.minutes.at_least(minute + 1).first() {
                return Some((hour, minute, first_second));
            }
        }
        let hour = self.hours.at_least(hour + 1).first()?;
        Some((hour, first_minute, first_second))
    }

    /// The first allowed day after a date.
    fn day_after(&self, date: Date) -> Option<Date> {
        let last_year = date.year().saturating_add(HORIZON_YEARS);
        let from = date.tomorrow().ok()?;
        (from.year()..=last_year).filter(|&year| self.has_year(year)).find_map(|year| {
            let (month, day) = if year == from.year() { (from.month(), from.day()) } else { (1, 1) };
            self.day_in_year(year, month, day)
        })
    }

    /// The first allowed day of a year that is not before the given day of the given month.
    fn day_in_year(&self, year: i16, from_month: i8, from_day: i8) -> Option<Date> {
        self.months.at_least(from_month).iter().find_map(|month| {
            let first = if month == from_month { from_day } else { 1 };
            let day = self.days.in_month(year, month).at_least(first).first()?;
            Date::new(year, month, day).ok()
        })
    }
}

fn at(date: Date, (hour, minute, second): Time) -> Option<DateTime> {
    DateTime::new(date.year(), date.month(), date.day(), hour, minute, second, 0).ok()
}
