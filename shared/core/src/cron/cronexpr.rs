//! The dialect of CDS: that of the Go package `gorhill/cronexpr`, in a time zone.
//!
//! An expression has five fields (minute, hour, day of month, month, day of week), six (a year after them) or seven (a
//! second before them as well), or is one of `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@hourly`,
//! `@minutely`. A field is a list of numbers, ranges (`1-5`) and steps (`*/15`, `10-30/5`, `5/20`); `*` or `?` is
//! everything. Months and weekdays have English names, short or whole, in any case; 0 and 7 are Sunday. For the day of
//! month, `L` is the last, `15W` the Monday to Friday nearest to the 15th, `LW` the last Monday to Friday; for the day of
//! week, `5L` is the month's last Friday and `5#3` its third. When both days are restricted, either suffices: `*`
//! and `?` don't restrict, `*/1` does. Years are from 1970 to 2099; without them, there is no end.
//!
//! What cronexpr accepts, this does, and it means the same, but where it is an accident that can't be meant:
//!
//! - a range that runs backwards (`5-1`) is nothing there, so that it never fires or panics, and an error here;
//! - a weekday's range that ends with Sunday (`5-7`, `fri-sun`) is nothing there, too, or only Sunday (`0-7`); here it is
//!   what it says;
//! - `05` as a weekday is Sunday there, and `01` no month; here they are 5 and 1;
//! - fields after the seventh, or what isn't understood after a `*` in a list, are ignored there, and errors here;
//! - a step of 60 or more, which only years can have, is an error there, and fine here;
//! - `@minutely` is in its documentation only;
//! - what never fires, as the 30th of February, is an error here.
//!
//! What happens when clocks are changed is said at [`Schedule`](super::Schedule).

mod error;
mod field;

use super::calendar::Calendar;
use super::days::{Days, DaysOfMonth, DaysOfWeek};
use super::local::LocalCalendar;
use super::set::Set;
use super::zone::Zone;
use field::{Items, Special};

pub use error::{CronexprError, Field};

/// What a hook's schedule has before an expression and its zone. No Taskcluster pattern has such a field.
const MARK: &str = "cronexpr";

/// The form in which a hook's schedule keeps an expression: `cronexpr Europe/Paris 0 9 * * 1-5`. An empty zone is UTC.
///
/// # Errors
///
/// An expression that can't be read or never fires, or a zone that there isn't.
pub fn stored(expression: &str, timezone: &str) -> Result<String, CronexprError> {
    parse(expression)?;
    let zone = Zone::named(timezone)?;
    let fields = expression.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    Ok(format!("{MARK} {} {fields}", zone.name()))
}

/// The expression and zone of a pattern in that form; nothing if it is in none but Taskcluster's.
pub(super) fn parse_stored(pattern: &str) -> Option<Result<LocalCalendar, CronexprError>> {
    let (zone, expression) = pattern.strip_prefix(MARK)?.strip_prefix(' ')?.split_once(' ')?;
    Some(parse_zoned(expression, zone))
}

fn parse_zoned(expression: &str, zone: &str) -> Result<LocalCalendar, CronexprError> {
    Ok(LocalCalendar { zone: Zone::named(zone)?, calendar: parse(expression)? })
}

/// Reads an expression, without a zone.
pub(super) fn parse(expression: &str) -> Result<Calendar, CronexprError> {
    let fields: Vec<&str> = expression.split_ascii_whitespace().collect();
    let fields = match fields[..] {
        [alias] if alias.starts_with('@') => expand_alias(alias)?,
        [minute, hour, day, month, weekday] => ["0", minute, hour, day, month, weekday, "*"],
        [minute, hour, day, month, weekday, year] => ["0", minute, hour, day, month, weekday, year],
        [second, minute, hour, day, month, weekday, year] => {
            [second, minute, hour, day, month, weekday, year]
        }
        _ => return Err(CronexprError::Fields { found: fields.len() }),
    };
    let calendar = read(fields)?;
    if calendar.is_empty() {
        return Err(CronexprError::NeverFires);
    }
    Ok(calendar)
}

fn expand_alias(alias: &str) -> Result<[&'static str; 7], CronexprError> {
    Ok(match alias {
        "@yearly" | "@annually" => ["0", "0", "0", "1", "1", "*", "*"],
        "@monthly" => ["0", "0", "0", "1", "*", "*", "*"],
        "@weekly" => ["0", "0", "0", "*", "*", "0", "*"],
        "@daily" => ["0", "0", "0", "*", "*", "*", "*"],
        "@hourly" => ["0", "0", "*", "*", "*", "*", "*"],
        "@minutely" => ["0", "*", "*", "*", "*", "*", "*"],
        _ => return Err(CronexprError::Alias { alias: alias.to_owned() }),
    })
}

fn read(fields: [&str; 7]) -> Result<Calendar, CronexprError> {
    let [second, minute, hour, day_of_month, month, day_of_week, year] = fields;
    let numbers = |field, text| field::parse(field, text).map(|items| items.set(field));
    Ok(Calendar {
        seconds: numbers(Field::Second, second)?,
        minutes: numbers(Field::Minute, minute)?,
        hours: numbers(Field::Hour, hour)?,
        days: Days {
            of_month: days_of_month(&field::parse(Field::DayOfMonth, day_of_month)?),
            of_week: days_of_week(&field::parse(Field::DayOfWeek, day_of_week)?),
            within: None,
        },
        months: numbers(Field::Month, month)?,
        years: field::parse(Field::Year, year)?.years(),
    })
}

fn days_of_month(items: &Items) -> Option<DaysOfMonth> {
    let mut days = DaysOfMonth { days: items.set(Field::DayOfMonth), ..DaysOfMonth::default() };
    for special in &items.special {
        match special {
            Special::LastWeekday => days.last_weekday = true,
            Special::NearestWeekday(day) => days.nearest_weekday.insert(*day),
            _ => days.last = true,
        }
    }
    items.restrict().then_some(days)
}

fn days_of_week(items: &Items) -> Option<DaysOfWeek> {
    let every = items.set(Field::DayOfWeek).iter().map(|weekday| weekday % 7).collect::<Set>();
    let mut days = DaysOfWeek { every, ..DaysOfWeek::default() };
    for special in &items.special {
        match special {
            Special::Nth(weekday, nth) => {
                if let Some(weekdays) = days.nth.get_mut(nth - 1) {
                    weekdays.insert(*weekday);
                }
            }
            Special::Last(weekday) => days.last.insert(*weekday),
            _ => {}
        }
    }
    items.restrict().then_some(days)
}
