//! A whole pattern, in cron-parser's dialect.

use super::calendar::Calendar;
use super::days::{Days, DaysOfMonth, DaysOfWeek};
use super::error::{Field, PatternError};
use super::field::{self, Values};
use super::hashed::Draws;
use super::set::Set;

/// The days of each month, in the years that have most.
const LONGEST_MONTHS: [i8; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Reads a pattern as cron-parser 5.6.2 does, which Taskcluster uses.
///
/// There are five fields (minute, hour, day of month, month, day of week) or six (a second before them), or one of
/// `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@hourly`, `@minutely`, `@secondly`, `@weekdays`,
/// `@weekends`. A field is a list of numbers, ranges (`1-5`) and steps (`*/15`, `10-30/5`, `5/20`); `*` or `?` is
/// everything. Months and weekdays have English names of three letters; 0 and 7 are Sunday. `L` is the month's last
/// day, `5L` its last Friday, `5#3` its third. When both days are restricted, either suffices. `H` is a
/// number that depends on `hash_seed`, the hook's name.
///
/// # Errors
///
/// What cron-parser refuses, and, with a reason, what it accepts by accident: three or four fields, none, an `L`
/// that means nothing, and what never fires.
pub fn parse_pattern(pattern: &str, hash_seed: &str) -> Result<Calendar, PatternError> {
    let [second, minute, hour, day_of_month, month, day_of_week] = split(expand_alias(pattern))?;
    let (weekday, nth) = split_nth(day_of_week);

    let mut draws = Draws::new(hash_seed);
    let mut parse = |field, text| field::parse(field, text, draws.next());
    let seconds = parse(Field::Second, second)?;
    let minutes = parse(Field::Minute, minute)?;
    let hours = parse(Field::Hour, hour)?;
    let months = parse(Field::Month, month)?;
    let of_month = parse(Field::DayOfMonth, day_of_month)?;
    let nth = nth.map(|nth| parse_nth(day_of_week, nth)).transpose()?;
    let of_week = parse(Field::DayOfWeek, weekday)?;

    seconds.check_repeated(Field::Second)?;
    minutes.check_repeated(Field::Minute)?;
    hours.check_repeated(Field::Hour)?;
    of_month.check_repeated(Field::DayOfMonth)?;
    months.check_repeated(Field::Month)?;
    of_week.check_repeated(Field::DayOfWeek)?;
    if field::is_wildcard(day_of_week) {
        check_day_of_only_month(&of_month, months.numbers)?;
    }

    let calendar = Calendar {
        seconds: seconds.numbers,
        minutes: minutes.numbers,
        hours: hours.numbers,
        days: Days {
            of_month: (!field::is_wildcard(day_of_month)).then(|| days_of_month(&of_month)),
            of_week: (!field::is_wildcard(day_of_week)).then(|| days_of_week(&of_week)),
            // cron-parser asks for the nth week of the month after it has found a day by either field.
            within: nth.map(|nth| Set::range(7 * nth - 6, 7 * nth)),
        },
        months: months.numbers,
        years: None,
    };
    if calendar.is_empty() {
        return Err(PatternError::NeverFires);
    }
    Ok(calendar)
}

fn expand_alias(pattern: &str) -> &str {
    match pattern {
        "@yearly" | "@annually" => "0 0 0 1 1 *",
        "@monthly" => "0 0 0 1 * *",
        "@weekly" => "0 0 0 * * 0",
        "@daily" => "0 0 0 * * *",
        "@hourly" => "0 0 * * * *",
        "@minutely" => "0 * * * * *",
        "@secondly" => "* * * * * *",
        "@weekdays" => "0 0 0 * * 1-5",
        "@weekends" => "0 0 0 * * 0,6",
        _ => pattern,
    }
}

/// The six fields of a pattern, from the second on.
fn split(pattern: &str) -> Result<[&str; 6], PatternError> {
    let fields: Vec<&str> = pattern.split(is_space).filter(|field| !field.is_empty()).collect();
    match fields[..] {
        [] => Err(PatternError::Empty),
        // What is missing at the start is made up so that a month or a day is 0: both are always refused.
        [weekday] => Ok(["*", "*", "*", "*", "0", weekday]),
        [month, weekday] => Ok(["*", "*", "*", "0", month, weekday]),
        [_, _, _] | [_, _, _, _] => Err(PatternError::TooFewFields { found: fields.len() }),
        [minute, hour, day, month, weekday] => Ok(["0", minute, hour, day, month, weekday]),
        [second, minute, hour, day, month, weekday] => Ok([second, minute, hour, day, month, weekday]),
        _ => Err(PatternError::TooManyFields),
    }
}

/// White space in the sense of JavaScript's `\s`.
fn is_space(c: char) -> bool {
    c == '\u{feff}' || (c.is_whitespace() && c != '\u{85}')
}

/// Splits `5#3` in two.
fn split_nth(day_of_week: &str) -> (&str, Option<&str>) {
    day_of_week.split_once('#').map_or((day_of_week, None), |(weekday, nth)| (weekday, Some(nth)))
}

fn parse_nth(day_of_week: &str, nth: &str) -> Result<i8, PatternError> {
    if let Some(sign) = day_of_week.chars().find(|c| matches!(c, ',' | '-' | '.' | '/')) {
        return Err(PatternError::NthOfMany { sign });
    }
    nth.parse().ok().filter(|nth| (1..=5).contains(nth)).ok_or(PatternError::Nth)
}

/// Refuses a day that the only month never has.
fn check_day_of_only_month(of_month: &Values, months: Set) -> Result<(), PatternError> {
    let (Some(first_day), Some(month), 1) = (of_month.numbers.first(), months.first(), months.len()) else {
        return Ok(());
    };
    let longest = usize::try_from(month - 1).ok().and_then(|month| LONGEST_MONTHS.get(month));
    if of_month.last.is_empty() && longest.is_some_and(|&longest| first_day > longest) {
        return Err(PatternError::DayOfMonth);
    }
    Ok(())
}

fn days_of_month(values: &Values) -> DaysOfMonth {
    DaysOfMonth { days: values.numbers, last: !values.last.is_empty(), ..DaysOfMonth::default() }
}

fn days_of_week(values: &Values) -> DaysOfWeek {
    let last = values.last.iter().map(|weekday| weekday % 7).collect();
    DaysOfWeek { every: values.numbers, last, ..DaysOfWeek::default() }
}
