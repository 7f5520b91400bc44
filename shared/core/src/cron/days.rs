//! Which days of a month a calendar allows.

use jiff::civil::Date;

use super::set::Set;

/// The days a calendar allows, by their place in the month and by their weekday.
///
/// A part that is absent restricts nothing. When both are there, a day that suits either is allowed: so it has been
/// since the cron of Version 7 Unix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Days {
    pub(crate) of_month: Option<DaysOfMonth>,
    pub(crate) of_week: Option<DaysOfWeek>,
    /// When present, only these days of the month count, whichever part allows them. cron-parser reads `#` this way.
    pub(crate) within: Option<Set>,
}

/// Days by their place in the month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DaysOfMonth {
    /// From 1 to 31; a day that a month doesn't have is skipped in that month.
    pub(crate) days: Set,
    /// The month's last day.
    pub(crate) last: bool,
    /// The Monday to Friday nearest to each of these days, in the same month.
    pub(crate) nearest_weekday: Set,
    /// The month's last Monday to Friday.
    pub(crate) last_weekday: bool,
}

/// Days by their weekday: 0 is Sunday, 6 is Saturday.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DaysOfWeek {
    /// In every week.
    pub(crate) every: Set,
    /// Only the first, second, … fifth such day of the month.
    pub(crate) nth: [Set; 5],
    /// Only the last such day of the month.
    pub(crate) last: Set,
}

/// A month of a year, as far as its days are concerned.
#[derive(Clone, Copy)]
struct Month {
    /// How many days it has.
    len: i8,
    /// The weekday of its first day, 0 for Sunday.
    starts_on: i8,
}

impl Days {
    /// The allowed days of a month; none if there is no such month.
    pub(crate) fn in_month(&self, year: i16, month: i8) -> Set {
        let Some(month) = Month::new(year, month) else { return Set::EMPTY };
        let days = match (&self.of_month, &self.of_week) {
            (None, None) => month.days(),
            (Some(of_month), None) => of_month.in_month(month),
            (None, Some(of_week)) => of_week.in_month(month),
            (Some(of_month), Some(of_week)) => of_month.in_month(month).union(of_week.in_month(month)),
        };
        self.within.map_or(days, |within| days.intersection(within))
    }
}

impl DaysOfMonth {
    fn in_month(&self, month: Month) -> Set {
        let mut days = self.days.intersection(month.days());
        if self.last {
            days.insert(month.len);
        }
        for day in self.nearest_weekday.intersection(month.days()).iter() {
            days.insert(month.nearest_weekday(day));
        }
        if self.last_weekday {
            days.insert(month.nearest_weekday(month.len));
        }
        days
    }
}

impl DaysOfWeek {
    fn in_month(&self, month: Month) -> Set {
        let mut days = Set::EMPTY;
        for weekday in self.every.iter() {
            days = days.union(month.all(weekday));
        }
        for (n, weekdays) in self.nth.iter().enumerate() {
            for weekday in weekdays.iter() {
                days = days.union(month.all(weekday).iter().nth(n).map_or(Set::EMPTY, Set::of));
            }
        }
        for weekday in self.last.iter() {
            days = days.union(month.all(weekday).last().map_or(Set::EMPTY, Set::of));
        }
        days
    }
}

impl Month {
    fn new(year: i16, month: i8) -> Option<Self> {
        let first = Date::new(year, month, 1).ok()?;
        Some(Self { len: first.days_in_month(), starts_on: first.weekday().to_sunday_zero_offset() })
    }

    fn days(self) -> Set {
        Set::range(1, self.len)
    }

    /// All days with a weekday (0 to 6).
    fn all(self, weekday: i8) -> Set {
        let first = 1 + (weekday + 7 - self.starts_on) % 7;
        Set::weekly_from(first).intersection(self.days())
    }

    /// The Monday to Friday nearest to a day, without leaving the month: from the first, a Saturday, it is two days
    /// on to Monday, and from the last, a Sunday, two days back to Friday.
    fn nearest_weekday(self, day: i8) -> i8 {
        match (self.starts_on + day - 1) % 7 {
            6 if day == 1 => 3,
            6 => day - 1,
            0 if day == self.len => day - 2,
            0 => day + 1,
            _ => day,
        }
    }
}
