//! What can be wrong with a pattern.
//!
//! The texts are cron-parser's own (5.6.2), as people and tools know them from Taskcluster; where that accepts by
//! accident what we refuse, the text is ours and says why.

use std::fmt;

/// Why a pattern is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// Nothing but white space. cron-parser takes an empty pattern for "every minute".
    #[error("Invalid cron expression, empty, expected 5 fields, or 6 with seconds first")]
    Empty,
    /// Three or four fields. cron-parser puts `*` before them, so that they fire at each second.
    #[error("Invalid cron expression, {found} fields, expected 5, or 6 with seconds first")]
    TooFewFields {
        /// How many there are.
        found: usize,
    },
    /// Seven or more fields.
    #[error("Invalid cron expression, too many fields")]
    TooManyFields,
    /// A letter or sign that this field can't have.
    #[error("Invalid characters, got value: {value}")]
    Characters {
        /// The field's text, its names turned into numbers.
        value: String,
    },
    /// Three letters that name neither a month nor a weekday.
    #[error("Validation error, cannot resolve alias \"{alias}\"")]
    Alias {
        /// The letters, in lower case.
        alias: String,
    },
    /// Nothing before, after or between commas.
    #[error("Invalid list value format")]
    EmptyItem,
    /// A number that the field doesn't have.
    #[error("Constraint error, got value {value} expected range {field}")]
    Value {
        /// The number.
        value: Numeral,
        /// Where it stands.
        field: Field,
    },
    /// A range that leaves the field, or that lacks an end.
    #[error("Constraint error, got range {first}-{last} expected range {field}")]
    Range {
        /// The range's start.
        first: Numeral,
        /// Its end.
        last: Numeral,
        /// Where it stands.
        field: Field,
    },
    /// A range that runs backwards; none wraps around.
    #[error("Invalid range: {first}-{last}, min({first}) > max({last})")]
    Backwards {
        /// The range's start.
        first: Numeral,
        /// Its end.
        last: Numeral,
    },
    /// More than one `/`.
    #[error("Invalid repeat: {item}")]
    Repeat {
        /// The list item.
        item: String,
    },
    /// A step that is not a positive number.
    #[error("Constraint error, cannot repeat at every {step} time.")]
    Step {
        /// The step.
        step: Numeral,
    },
    /// A number twice in one field. (Zero may be: cron-parser overlooks it.)
    #[error("{} Validation error, duplicate values found: {value}", field.name())]
    Duplicate {
        /// The smallest number that is there twice, or such an item with `L`.
        value: String,
        /// Where it stands.
        field: Field,
    },
    /// An `L` that is neither a whole day of month nor right after a weekday. cron-parser accepts some of these, and
    /// `15L` as the last day of the month.
    #[error("{} Validation error, got value {value} expected range {field} or chars L", field.name())]
    Last {
        /// The list item.
        value: String,
        /// Where it stands.
        field: Field,
    },
    /// A bare `L` for the day of week. cron-parser accepts it, and fails when asked for a date.
    #[error("Invalid last weekday of the month expression: L")]
    LastOfNoWeekday,
    /// `#` in a list, a range or with a step.
    #[error("Constraint error, invalid dayOfWeek `#` and `{sign}` special characters are incompatible")]
    NthOfMany {
        /// The first sign that is too much.
        sign: char,
    },
    /// After `#`, something else than 1 to 5.
    #[error("Constraint error, invalid dayOfWeek occurrence number (#)")]
    Nth,
    /// `H(5-3)`.
    #[error("Invalid range: {first}-{last}, min > max")]
    HashedBackwards {
        /// The range's start.
        first: u32,
        /// Its end.
        last: u32,
    },
    /// `H/0`.
    #[error("Invalid step: 0, must be positive")]
    HashedStep,
    /// A day that the only month doesn't have.
    #[error("Invalid explicit day of month definition")]
    DayOfMonth,
    /// A day that none of the months has. cron-parser answers with dates that don't suit the pattern.
    #[error("Invalid cron expression, never fires: none of its months has such a day")]
    NeverFires,
}

/// A field of a pattern. As text, the numbers that it takes: `0-59`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// 0 to 59, when there are six fields.
    Second,
    /// 0 to 59.
    Minute,
    /// 0 to 23.
    Hour,
    /// 1 to 12, or `JAN` to `DEC`.
    Month,
    /// 1 to 31, or `L` for the last.
    DayOfMonth,
    /// 0 to 7, or `SUN` to `SAT`; both 0 and 7 are Sunday.
    DayOfWeek,
}

impl Field {
    /// The smallest and the largest number.
    pub(super) const fn bounds(self) -> (i8, i8) {
        match self {
            Self::Second | Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::Month => (1, 12),
            Self::DayOfMonth => (1, 31),
            Self::DayOfWeek => (0, 7),
        }
    }

    /// What cron-parser calls it in messages.
    const fn name(self) -> &'static str {
        match self {
            Self::Second => "CronSecond",
            Self::Minute => "CronMinute",
            Self::Hour => "CronHour",
            Self::Month => "CronMonth",
            Self::DayOfMonth => "CronDayOfMonth",
            Self::DayOfWeek => "CronDayOfWeek",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = self.bounds();
        write!(f, "{first}-{last}")
    }
}

/// A number in a pattern, or `NaN` where one is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numeral(pub Option<i64>);

impl fmt::Display for Numeral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => number.fmt(f),
            None => f.write_str("NaN"),
        }
    }
}
