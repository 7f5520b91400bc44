//! Several patterns together.

use jiff::Timestamp;

use super::HOOK;
use crate::cron::Schedule;

fn schedule(patterns: &[&str]) -> Schedule {
    let patterns: Vec<String> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
    Schedule::parse(&patterns, HOOK).unwrap()
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn the_earliest_of_all_patterns_is_next_and_counts_once() {
    let schedule = schedule(&["0 12 * * *", "0 */6 * * *", "30 11 * * *"]);
    let next = |&at: &Timestamp| schedule.next_after(at);
    let found: Vec<_> = std::iter::successors(next(&instant("2026-03-01T05:00:00Z")), next).take(4).collect();
    let expected =
        ["2026-03-01T06:00:00Z", "2026-03-01T11:30:00Z", "2026-03-01T12:00:00Z", "2026-03-01T18:00:00Z"];
    assert_eq!(found, expected.map(instant));
}

#[test]
fn next_is_strictly_after_and_at_whole_seconds() {
    let schedule = schedule(&["* * * * * *"]);
    let cases = [
        ("2026-03-01T00:00:00Z", "2026-03-01T00:00:01Z"),
        ("2026-03-01T00:00:00.5Z", "2026-03-01T00:00:01Z"),
        ("1969-12-31T23:59:58.5Z", "1969-12-31T23:59:59Z"),
        ("2023-12-31T23:59:59.999999999Z", "2024-01-01T00:00:00Z"),
    ];
    for (after, next) in cases {
        assert_eq!(schedule.next_after(instant(after)), Some(instant(next)), "after {after}");
    }
    assert_eq!(schedule.next_after(Timestamp::MAX), None);
}

#[test]
fn an_occurrence_is_one_of_any_pattern_to_the_second() {
    let schedule = schedule(&["0 12 * * *", "15 30 11 * * *"]);
    assert!(schedule.is_occurrence(instant("2026-03-01T12:00:00Z")));
    assert!(schedule.is_occurrence(instant("2026-03-01T11:30:15Z")));
    assert!(!schedule.is_occurrence(instant("2026-03-01T12:00:00.000000001Z")));
    assert!(!schedule.is_occurrence(instant("2026-03-01T12:00:15Z")));
    assert!(!schedule.is_occurrence(instant("2026-03-01T11:30:00Z")));
}

#[test]
fn without_patterns_there_is_nothing() {
    let never = schedule(&[]);
    assert_eq!(never.next_after(instant("2026-03-01T00:00:00Z")), None);
    assert!(!never.is_occurrence(instant("2026-03-01T00:00:00Z")));
}

#[test]
fn a_bad_pattern_is_named() {
    let patterns = ["0 0 * * *", "0 0 0 31 2 *", "bogus"].map(str::to_owned);
    let error = Schedule::parse(&patterns, HOOK).unwrap_err();
    assert_eq!(error.to_string(), "Invalid explicit day of month definition in 0 0 0 31 2 *");
    assert_eq!(error.pattern, "0 0 0 31 2 *");
}
