//! What can be wrong with an expression.

use std::fmt;

use super::super::zone::ZoneError;

/// Why an expression of CDS, or its time zone, is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CronexprError {
    /// Too few fields, or too many. cronexpr ignores what follows the seventh.
    #[error(
        "{found} fields, expected 5 (minute, hour, day of month, month, day of week), 6 (a year after them) or 7 (a \
         second before them as well)"
    )]
    Fields {
        /// How many there are.
        found: usize,
    },
    /// No alias of cronexpr's. They are in lower case.
    #[error(
        "no alias {alias:?}, expected @yearly, @annually, @monthly, @weekly, @daily, @hourly, @minutely, or 5 to 7 \
         fields"
    )]
    Alias {
        /// What was given.
        alias: String,
    },
    /// Nothing but commas.
    #[error("nothing but commas in the {field} field, expected {}", field.expected())]
    Missing {
        /// Where.
        field: Field,
    },
    /// No number, name, range or sign of this field.
    #[error("{item:?} in the {field} field, expected {}", field.expected())]
    Item {
        /// What is between commas, as it was given.
        item: String,
        /// Where it stands.
        field: Field,
    },
    /// A range whose end comes before its start.
    #[error("the range {item:?} in the {field} field runs backwards, expected the smaller number first")]
    Backwards {
        /// The range, as it was given.
        item: String,
        /// Where it stands.
        field: Field,
    },
    /// A step that is none, or that is larger than any number of the field.
    #[error("the step of {item:?} in the {field} field, expected 1-{}", field.bounds().1)]
    Step {
        /// The item with its step.
        item: String,
        /// Where it stands.
        field: Field,
    },
    /// A day that there never is.
    #[error("never fires: none of its months, in none of its years, has such a day")]
    NeverFires,
    /// The time zone is none.
    #[error(transparent)]
    Zone(#[from] ZoneError),
}

/// A field of an expression. As text, its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// When there are seven.
    Second,
    /// Of an hour.
    Minute,
    /// Of a day.
    Hour,
    /// The day's place in its month.
    DayOfMonth,
    /// Of a year.
    Month,
    /// The weekday.
    DayOfWeek,
    /// When there are six or seven.
    Year,
}

impl Field {
    /// The smallest and the largest number that `*` stands for.
    pub(super) const fn bounds(self) -> (i16, i16) {
        match self {
            Self::Second | Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::DayOfMonth => (1, 31),
            Self::Month => (1, 12),
            Self::DayOfWeek => (0, 6),
            Self::Year => (1970, 2099),
        }
    }

    /// What may stand in it, but for ranges and steps.
    const fn expected(self) -> &'static str {
        match self {
            Self::Second | Self::Minute => "0-59",
            Self::Hour => "0-23",
            Self::DayOfMonth => "1-31, L, LW or a day with W (15W)",
            Self::Month => "1-12 or JAN-DEC",
            Self::DayOfWeek => {
                "0-7 or SUN-SAT, one with L (5L, the last Friday) or one with # and 1-5 (5#3, the third Friday)"
            }
            Self::Year => "1970-2099",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::DayOfMonth => "day-of-month",
            Self::Month => "month",
            Self::DayOfWeek => "day-of-week",
            Self::Year => "year",
        })
    }
}
