//! Expressions of CDS: against the Go package cronexpr, run in UTC, and what is refused.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cron::Schedule;
use crate::cron::cronexpr::{CronexprError, Field, stored};

/// A line for each: the expression, a moment, and the next three occurrences, or a refusal.
const VECTORS: &str = include_str!("../../../testdata/cronexpr-2018.jsonl");

/// What cronexpr does by accident, and what we do.
fn ours(expression: &str) -> Option<Value> {
    let fridays_to_sundays = json!(["2026-11-28T00:00:00Z", "2026-11-29T00:00:00Z", "2026-12-04T00:00:00Z"]);
    let daily = json!(["2026-11-28T00:00:00Z", "2026-11-29T00:00:00Z", "2026-11-30T00:00:00Z"]);
    Some(match expression {
        // An empty range: never. Or, from 0, only Sunday.
        "0 0 * * 5-7" | "0 0 * * fri-sun" => fridays_to_sundays,
        "0 0 * * 1-7" | "0 0 * * 0-7" => daily,
        // Sundays.
        "0 0 * * 05" => json!(["2026-12-04T00:00:00Z", "2026-12-11T00:00:00Z", "2026-12-18T00:00:00Z"]),
        // No month: the same moment again and again.
        "0 0 1 01 *" => json!(["2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z", "2029-01-01T00:00:00Z"]),
        // Refused, though it is in the documentation.
        "@minutely" => json!(["2026-11-27T10:16:00Z", "2026-11-27T10:17:00Z", "2026-11-27T10:18:00Z"]),
        // What comes after the seventh field is ignored.
        "@daily @daily" | "* * * * * * * *" => json!("refused"),
        // And what comes after a `*`.
        "*,foo * * * *" => json!("refused"),
        _ => return None,
    })
}

#[test]
fn every_expression_is_read_as_by_cronexpr_but_for_named_exceptions() {
    let (mut checked, mut exceptions) = (0, 0);
    for line in VECTORS.lines() {
        let (expression, after, theirs): (String, Timestamp, Value) = serde_json::from_str(line).unwrap();
        checked += 1;
        let expected = match (ours(&expression), &theirs) {
            (Some(ours), theirs) => {
                assert_ne!(&ours, theirs, "{expression:?} is no exception");
                exceptions += 1;
                ours
            }
            (None, Value::String(_)) => json!("refused"),
            (None, _) => theirs,
        };
        let found = answer(&expression, after);
        // It doesn't tell what is over from what never comes.
        let never = found == json!("refused") && expected == json!([]);
        assert!(found == expected || never, "{expression:?} after {after}: {found}, not {expected}");
    }
    assert_eq!((checked, exceptions), (608, 10));
}

/// What we make of an expression, in the form of the vectors.
fn answer(expression: &str, after: Timestamp) -> Value {
    let Ok(stored) = stored(expression, "") else { return json!("refused") };
    let schedule = Schedule::parse_stored(&[stored], "").unwrap();
    let next = |&at: &Timestamp| schedule.next_after(at);
    let found: Vec<_> = std::iter::successors(next(&after), next).take(3).collect();
    json!(found)
}

#[test]
fn a_refusal_says_what_and_where() {
    let cases = [
        (
            "* * * *",
            "4 fields, expected 5 (minute, hour, day of month, month, day of week), 6 (a year after them) or 7 (a second \
             before them as well)",
        ),
        (
            "@Daily",
            "no alias \"@Daily\", expected @yearly, @annually, @monthly, @weekly, @daily, @hourly, @minutely, or 5 to 7 \
             fields",
        ),
        (", * * * *", "nothing but commas in the minute field, expected 0-59"),
        ("60 0 0 1 1 * *", "\"60\" in the second field, expected 0-59"),
        ("* 1,24 * * *", "\"24\" in the hour field, expected 0-23"),
        ("0 0 L-3 * *", "\"L-3\" in the day-of-month field, expected 1-31, L, LW or a day with W (15W)"),
        ("0 0 1 Sept *", "\"Sept\" in the month field, expected 1-12 or JAN-DEC"),
        (
            "0 0 * * L",
            "\"L\" in the day-of-week field, expected 0-7 or SUN-SAT, one with L (5L, the last Friday) or one with # and \
             1-5 (5#3, the third Friday)",
        ),
        ("0 0 1 1 * 2100", "\"2100\" in the year field, expected 1970-2099"),
        (
            "1,30-10/5 * * * *",
            "the range \"30-10/5\" in the minute field runs backwards, expected the smaller number first",
        ),
        ("0 */24 * * *", "the step of \"*/24\" in the hour field, expected 1-23"),
        ("0 0 30 Feb *", "never fires: none of its months, in none of its years, has such a day"),
        ("0 0 29 2 * 2027", "never fires: none of its months, in none of its years, has such a day"),
    ];
    for (expression, message) in cases {
        assert_eq!(stored(expression, "").unwrap_err().to_string(), message, "{expression:?}");
    }
}

#[test]
fn fields_are_named_by_their_place() {
    let field = |expression| match stored(expression, "").unwrap_err() {
        CronexprError::Item { field, item } if item == "x" => field,
        error => panic!("{error} in {expression:?}"),
    };
    assert_eq!(
        ["x * * * *", "* x * * *", "* * x * *"].map(field),
        [Field::Minute, Field::Hour, Field::DayOfMonth]
    );
    assert_eq!(
        ["* * * x *", "* * * * x", "* * * * * x"].map(field),
        [Field::Month, Field::DayOfWeek, Field::Year]
    );
    assert_eq!(["x * * * * * *", "* x * * * * *"].map(field), [Field::Second, Field::Minute]);
}

#[test]
fn years_that_are_over_are_read_and_never_come_again() {
    let schedule = Schedule::parse_stored(&[stored("0 0 1 1 * 2020", "").unwrap()], "").unwrap();
    assert_eq!(schedule.next_after("2026-11-27T00:00:00Z".parse().unwrap()), None);
    assert_eq!(
        schedule.next_after("2019-11-27T00:00:00Z".parse().unwrap()),
        "2020-01-01T00:00:00Z".parse().ok()
    );
}

#[test]
fn years_may_have_long_steps() {
    let schedule = Schedule::parse_stored(&[stored("0 0 1 1 * 1980/60", "").unwrap()], "").unwrap();
    assert_eq!(
        schedule.next_after("2026-11-27T00:00:00Z".parse().unwrap()),
        "2040-01-01T00:00:00Z".parse().ok()
    );
}

#[test]
fn years_far_apart_are_all_tried() {
    // A 29 February on the last Monday: only in 2072, more than a search's horizon after the first year.
    assert!(stored("0 0 29 2 * 1971,2072", "").is_ok());
}

#[test]
fn an_expression_is_stored_with_its_zone_and_single_spaces() {
    let cases = [
        (" 0  9\t* * 1-5 ", "Europe/Paris", "cronexpr Europe/Paris 0 9 * * 1-5"),
        ("@daily", "", "cronexpr UTC @daily"),
        ("0 0 L * ?", " UTC ", "cronexpr UTC 0 0 L * ?"),
        ("0 0 1 jan * 2030", "US/Eastern", "cronexpr US/Eastern 0 0 1 jan * 2030"),
    ];
    for (expression, zone, expected) in cases {
        assert_eq!(stored(expression, zone).unwrap(), expected);
    }
}

#[test]
fn zones_are_those_of_the_database_as_they_are_written() {
    let cases = [
        (
            "Local",
            "the time zone Local is whatever a machine has: expected a name such as Europe/Paris, or UTC",
        ),
        ("europe/paris", "no time zone \"europe/paris\": is it Europe/Paris?"),
        ("utc", "no time zone \"utc\": is it UTC?"),
        (
            "Europe/Pari",
            "no time zone \"Europe/Pari\": expected a name such as Europe/Paris or America/New_York, or UTC",
        ),
        (
            "../etc/passwd",
            "no time zone \"../etc/passwd\": expected a name such as Europe/Paris or America/New_York, or UTC",
        ),
        (
            "+01:00",
            "no time zone \"+01:00\": expected a name such as Europe/Paris or America/New_York, or UTC",
        ),
        (
            "Etc/Unknown",
            "no time zone \"Etc/Unknown\": expected a name such as Europe/Paris or America/New_York, or UTC",
        ),
    ];
    for (zone, message) in cases {
        assert_eq!(stored("@daily", zone).unwrap_err().to_string(), message);
    }
    for zone in ["Etc/UTC", "Etc/GMT+5", "GMT", "EST", "Asia/Kolkata", "America/Argentina/Buenos_Aires"] {
        assert!(stored("@daily", zone).is_ok(), "{zone}");
    }
}

#[test]
fn only_stored_schedules_have_expressions() {
    let patterns = ["0 9 * * *".to_owned(), stored("0 9 * * * 2030", "Asia/Tokyo").unwrap()];
    let error = Schedule::parse(&patterns, "g/h").unwrap_err();
    assert_eq!(error.pattern, patterns[1]);
    let schedule = Schedule::parse_stored(&patterns, "g/h").unwrap();
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    assert!(
        schedule.is_occurrence(at("2030-06-01T00:00:00Z"))
            && schedule.is_occurrence(at("2030-06-01T09:00:00Z"))
    );
    assert_eq!(schedule.next_after(at("2029-12-31T09:00:00Z")), Some(at("2030-01-01T00:00:00Z")));
    // Taskcluster's are read as ever, and their refusals are theirs.
    let taskcluster = ["H * * * *".to_owned()];
    assert_eq!(Schedule::parse_stored(&taskcluster, "g/h"), Schedule::parse(&taskcluster, "g/h"));
    for broken in ["cronexpr", "cronexpr ", "cronexpr UTC", "cronexprUTC 0 9 * * *"] {
        assert!(Schedule::parse_stored(&[broken.to_owned()], "g/h").is_err(), "{broken:?}");
    }
    let unreadable = Schedule::parse_stored(&["cronexpr Mars/Base 0 9 * * *".to_owned()], "").unwrap_err();
    assert!(unreadable.to_string().starts_with("no time zone \"Mars/Base\""), "{unreadable}");
    assert!(unreadable.to_string().ends_with(" in cronexpr Mars/Base 0 9 * * *"), "{unreadable}");
}
