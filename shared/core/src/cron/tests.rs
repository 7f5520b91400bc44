//! Tests of cron patterns, by what they are checked against.

use jiff::civil::DateTime;

use super::{Calendar, parse_pattern};

mod calendar;
mod clocks;
mod cronexpr;
mod hashed;
mod patterns;
mod properties;
mod schedule;
mod vectors;
mod walked;

/// The name of the hook whose patterns these are.
const HOOK: &str = "group/hook";

fn calendar(pattern: &str) -> Calendar {
    parse_pattern(pattern, HOOK).unwrap_or_else(|error| panic!("{error} in {pattern:?}"))
}

/// The next few moments of a calendar.
fn following(calendar: &Calendar, after: DateTime, count: usize) -> Vec<DateTime> {
    std::iter::successors(calendar.next_after(after), |&at| calendar.next_after(at)).take(count).collect()
}
