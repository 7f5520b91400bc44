//! What is refused and how that is said, and readings that are easily got wrong.

use jiff::civil::datetime;

use super::{HOOK, calendar, following};
use crate::cron::parse_pattern;

/// Messages that are cron-parser's.
#[test]
fn refusals_are_worded_as_by_cron_parser() {
    let cases = [
        ("@reboot", "Constraint error, got value 0 expected range 1-12"),
        (" @daily", "Constraint error, got value 0 expected range 1-12"),
        ("@Daily", "Constraint error, got value 0 expected range 1-12"),
        ("bogus", "Constraint error, got value 0 expected range 1-12"),
        ("bogus *", "Validation error, cannot resolve alias \"bog\""),
        ("* *", "Constraint error, got value 0 expected range 1-31"),
        ("0 61 * * * *", "Constraint error, got value 61 expected range 0-59"),
        ("* * * * * * *", "Invalid cron expression, too many fields"),
        ("0 0 0 31 2 *", "Invalid explicit day of month definition"),
        ("0 0 30,31 feb ?", "Invalid explicit day of month definition"),
        ("0 0 15W * *", "Invalid characters, got value: 15W"),
        ("0 0 * * MON!", "Invalid characters, got value: 1!"),
        ("0 0 * * monday", "Validation error, cannot resolve alias \"day\""),
        ("0 0 * sun *", "Constraint error, got value 0 expected range 1-12"),
        ("0 5-1 * * *", "Invalid range: 5-1, min(5) > max(1)"),
        ("0 0 5-0 * *", "Invalid range: 5-0, min(5) > max(0)"),
        ("0--0 * * * *", "Constraint error, got range 0-NaN expected range 0-59"),
        ("99-5 * * * *", "Invalid range: 99-5, min(99) > max(5)"),
        ("*/0 * * * *", "Constraint error, cannot repeat at every 0 time."),
        ("*/-5 * * * *", "Constraint error, cannot repeat at every -5 time."),
        ("*/ * * * *", "Constraint error, cannot repeat at every NaN time."),
        ("1/2/3 * * * *", "Invalid repeat: 1/2/3"),
        ("1,,2 * * * *", "Invalid list value format"),
        ("** * * * *", "Constraint error, got range 0-590 expected range 0-59"),
        ("1-3,2 * * * *", "CronMinute Validation error, duplicate values found: 2"),
        ("0 0 * * THU,4", "CronDayOfWeek Validation error, duplicate values found: 4"),
        ("0 0 L,L * *", "CronDayOfMonth Validation error, duplicate values found: L"),
        ("0 0 * * 5L,5L", "CronDayOfWeek Validation error, duplicate values found: 5L"),
        ("0 0 LL * *", "CronDayOfMonth Validation error, got value LL expected range 1-31 or chars L"),
        ("0 0 L-3 * *", "Constraint error, got range NaN-3 expected range 1-31"),
        ("0 0 * * 1#6", "Constraint error, invalid dayOfWeek occurrence number (#)"),
        ("0 0 * * 1#", "Constraint error, invalid dayOfWeek occurrence number (#)"),
        ("0 0 * * 1#2#3", "Constraint error, invalid dayOfWeek occurrence number (#)"),
        (
            "0 0 * * 1#2,3#1",
            "Constraint error, invalid dayOfWeek `#` and `,` special characters are incompatible",
        ),
        ("0 0 * * #3", "Invalid characters, got value: "),
        ("H(5-3) * * * *", "Invalid range: 5-3, min > max"),
        ("H/0 * * * *", "Invalid step: 0, must be positive"),
        // An error in reading any field comes before a number that is there twice in another.
        ("1,1 61 * * *", "Constraint error, got value 61 expected range 0-23"),
        // The month is read before the day.
        ("0 0 32 13 *", "Constraint error, got value 13 expected range 1-12"),
    ];
    for (pattern, message) in cases {
        assert_eq!(refusal(pattern), message, "{pattern:?}");
    }
}

/// What cron-parser accepts by accident, each with what it takes it for.
#[test]
fn accidents_are_refused_with_a_reason() {
    let cases = [
        ("", "Invalid cron expression, empty, expected 5 fields, or 6 with seconds first"), // every minute
        (" ", "Invalid cron expression, empty, expected 5 fields, or 6 with seconds first"),
        ("0 4 *", "Invalid cron expression, 3 fields, expected 5, or 6 with seconds first"), // each second
        ("0 4 * *", "Invalid cron expression, 4 fields, expected 5, or 6 with seconds first"),
        // Accepted, and then no date can be had.
        ("0 0 * * L", "Invalid last weekday of the month expression: L"),
        // The month's last day.
        ("0 0 15L * *", "CronDayOfMonth Validation error, got value 15L expected range 1-31 or chars L"),
        // Every Friday and Saturday.
        ("0 0 * * 5-6L", "CronDayOfWeek Validation error, got value 5-6L expected range 0-7 or chars L"),
        // The last Monday.
        ("0 0 * * 8L", "CronDayOfWeek Validation error, got value 8L expected range 0-7 or chars L"),
        // Some day far in the future that doesn't suit the pattern.
        ("0 0 31 4,6 *", "Invalid cron expression, never fires: none of its months has such a day"),
        ("0 0 * * 5L#2", "Invalid cron expression, never fires: none of its months has such a day"),
        // Good or not as luck will have it.
        ("H(0-99) * * * *", "Constraint error, got range 0-99 expected range 0-59"),
    ];
    for (pattern, message) in cases {
        assert_eq!(refusal(pattern), message, "{pattern:?}");
    }
}

fn refusal(pattern: &str) -> String {
    match parse_pattern(pattern, HOOK) {
        Ok(calendar) => panic!("{pattern:?} is accepted, as {calendar:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn patterns_that_mean_the_same_are_the_same() {
    let cases = [
        ("* * * * *", "0 * * * * *"),
        ("\u{feff}0\u{a0}4 * *\t*\n", "0 4 * * *"),
        ("0 4 ? * ?", "0 4 * * *"),
        ("5/20 * * * *", "5,25,45 * * * *"),
        ("5-30/20,50 * * * *", "5,25,50 * * * *"),
        ("*/100 * * * *", "0 * * * *"),
        ("1-5-9 * * * *", "1-5 * * * *"),
        ("0,0 * * * *", "0 * * * *"),
        ("0 0 * jAn,DEC *", "0 0 * 1,12 *"),
        ("0 0 * * 7", "0 0 * * SUN"),
        ("0 0 * * 5-7", "0 0 * * 0,5,6"),
        ("0 0 * * 3/3", "0 0 * * 0,3,6"),
        ("0 0 * * */7", "0 0 * * 0"),
        ("0 0 * * 7L", "0 0 * * 0L"),
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
        ("@monthly", "0 0 1 * *"),
        ("@weekly", "0 0 * * 0"),
        ("@daily", "0 0 * * *"),
        ("@hourly", "0 * * * *"),
        ("@minutely", "* * * * *"),
        ("@secondly", "* * * * * *"),
        ("@weekdays", "0 0 * * 1-5"),
        ("@weekends", "0 0 * * 6,7"),
    ];
    for (one, other) in cases {
        assert_eq!(calendar(one), calendar(other), "{one:?} and {other:?}");
    }
}

#[test]
fn a_day_may_suit_either_field_but_the_nth_week_holds_for_both() {
    let september = datetime(2026, 8, 31, 23, 59, 59, 0);
    let cases: [(&str, &[i8]); 6] = [
        // Tuesdays, and the 15th, itself one.
        ("0 0 15 9 2", &[1, 8, 15, 22, 29]),
        // `*/1` is not `*`: every day suits it.
        ("0 0 15 9 */1", &[1, 2, 3, 4]),
        ("0 0 15 9 ?", &[15]),
        // The second Friday.
        ("0 0 * 9 5#2", &[11]),
        // The 3rd is not in the second week, the 14th is.
        ("0 0 3,14 9 5#2", &[11, 14]),
        // The last day, and Mondays, and the last Wednesday, which is the last day.
        ("0 0 L 9 1,3L", &[7, 14, 21, 28, 30]),
    ];
    for (pattern, days) in cases {
        let found = following(&calendar(pattern), september, days.len());
        assert_eq!(found.iter().map(|at| at.day()).collect::<Vec<_>>(), days, "{pattern:?}");
        assert!(found.iter().all(|at| (at.year(), at.month()) == (2026, 9)), "{pattern:?}: {found:?}");
    }
}
