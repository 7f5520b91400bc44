//! Calendars with what no Taskcluster pattern can say, and the edges of time.

use jiff::civil::{DateTime, date, datetime};

use super::{calendar, following};
use crate::cron::Calendar;
use crate::cron::days::{Days, DaysOfMonth, DaysOfWeek};
use crate::cron::set::Set;

fn midnight_on(days: Days) -> Calendar {
    Calendar { days, ..calendar("0 0 * * *") }
}

/// The days of a year's months, as `month/day`.
fn days_in(year: i16, days: Days) -> Vec<String> {
    following(&midnight_on(days), datetime(year - 1, 12, 31, 23, 59, 59, 0), 12)
        .into_iter()
        .filter(|at| at.year() == year)
        .map(|at| format!("{}/{}", at.month(), at.day()))
        .collect()
}

#[test]
fn the_nearest_weekday_stays_in_its_month() {
    let nearest_to = |day| Days {
        of_month: Some(DaysOfMonth { nearest_weekday: Set::of(day), ..DaysOfMonth::default() }),
        ..Days::default()
    };
    // In 2026 the 1st is a Sunday in February, March and November, a Saturday in August.
    let first = ["1/1", "2/2", "3/2", "4/1", "5/1", "6/1", "7/1", "8/3", "9/1", "10/1", "11/2", "12/1"];
    assert_eq!(days_in(2026, nearest_to(1)), first);
    // The 31st is a Saturday in January and October, a Sunday in May; months without it are skipped.
    assert_eq!(days_in(2026, nearest_to(31)), ["1/30", "3/31", "5/29", "7/31", "8/31", "10/30", "12/31"]);
}

#[test]
fn the_last_weekday_is_a_monday_to_friday() {
    let days = Days {
        of_month: Some(DaysOfMonth { last_weekday: true, ..DaysOfMonth::default() }),
        ..Days::default()
    };
    let last =
        ["1/30", "2/27", "3/31", "4/30", "5/29", "6/30", "7/31", "8/31", "9/30", "10/30", "11/30", "12/31"];
    assert_eq!(days_in(2026, days), last);
}

#[test]
fn each_weekday_may_have_its_own_weeks() {
    // The first Monday and the fifth Sunday.
    let nth = [Set::of(1), Set::EMPTY, Set::EMPTY, Set::EMPTY, Set::of(0)];
    let days = Days { of_week: Some(DaysOfWeek { nth, ..DaysOfWeek::default() }), ..Days::default() };
    let found = days_in(2026, days);
    assert_eq!(found[..8], ["1/5", "2/2", "3/2", "3/29", "4/6", "5/4", "5/31", "6/1"]);
}

#[test]
fn years_end() {
    let new_year = Calendar { years: Some([2027, 2030].into()), ..calendar("0 0 1 1 *") };
    let found = following(&new_year, datetime(2026, 6, 1, 0, 0, 0, 0), 9);
    assert_eq!(found, [2027, 2030].map(|year| date(year, 1, 1).at(0, 0, 0, 0)));
    assert!(new_year.contains(datetime(2030, 1, 1, 0, 0, 0, 0)));
    assert!(!new_year.contains(datetime(2028, 1, 1, 0, 0, 0, 0)));
}

#[test]
fn the_search_ends_after_a_hundred_years() {
    let in_2127 = Calendar { years: Some([2127].into()), ..calendar("0 0 1 1 *") };
    assert_eq!(in_2127.next_after(datetime(2026, 12, 31, 23, 59, 59, 0)), None);
    assert!(in_2127.next_after(datetime(2027, 1, 1, 0, 0, 0, 0)).is_some());
}

#[test]
fn the_rarest_day_is_found_across_a_century_without_leap_year() {
    // A 29 February on a Monday: every 28 years, but 2100 is no leap year.
    let found = following(&calendar("0 0 * 2 1#5"), datetime(2044, 3, 1, 0, 0, 0, 0), 3);
    let mondays = |at: &DateTime| at.date().weekday() == jiff::civil::Weekday::Monday && at.day() == 29;
    assert_eq!(found.iter().map(|at| at.year()).collect::<Vec<_>>(), [2072, 2112, 2140]);
    assert!(found.iter().all(mondays), "{found:?}");
}

#[test]
fn the_end_of_time_is_no_error() {
    assert_eq!(calendar("0 0 1 1 *").next_after(DateTime::MAX), None);
    assert_eq!(calendar("* * * * * *").next_after(DateTime::MAX), None);
    assert_eq!(calendar("0 0 1 1 *").next_after(DateTime::MIN), Some(datetime(-9998, 1, 1, 0, 0, 0, 0)));
}
