//! Against cron-parser 5.6.2, run in UTC: what it answered to 1,200 patterns.

use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::Value;

use super::{HOOK, following};
use crate::cron::{PatternError, parse_pattern};

/// The name of a class of patterns on a line of its own, then a line for each: the pattern, an instant (in seconds), and
/// the seconds from there to the next occurrence and from each of these to the following, or a refusal's message.
const VECTORS: &str = include_str!("../../../testdata/cron-parser-5.6.2.jsonl");

/// What cron-parser is known to accept by accident, or to answer at random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Exception {
    /// It takes an empty pattern for "every minute": an omission would fire 1,440 times a day.
    Empty,
    /// It makes up the second, and the minute, as `*`: `0 4 *` fires at each second of an hour.
    FewFields,
    /// It gives up after 10,000 steps and answers with the day that it has got to.
    NeverFires,
    /// `H` is random unless it is given a seed; tested elsewhere.
    Random,
}

fn exception(class: &str, pattern: &str) -> Option<Exception> {
    match (class.get(..1)?, pattern) {
        ("J" | "M", "") => Some(Exception::Empty),
        ("J", _) if (3..=4).contains(&pattern.split(' ').count()) => Some(Exception::FewFields),
        ("L", "0 0 31 4,6 *" | "0 0 31 2,4,6 *") => Some(Exception::NeverFires),
        ("K", "0 0 * * H") => Some(Exception::Random),
        _ => None,
    }
}

#[test]
fn every_pattern_is_read_as_by_cron_parser_but_for_named_exceptions() {
    let mut class = String::new();
    let mut exceptions = Vec::new();
    let mut checked = 0;
    for line in VECTORS.lines() {
        let (pattern, after, expected) = match serde_json::from_str(line).unwrap() {
            Value::String(name) => {
                class = name;
                continue;
            }
            vector => serde_json::from_value::<(String, i64, Value)>(vector).unwrap(),
        };
        checked += 1;
        match exception(&class, &pattern) {
            Some(exception) => {
                assert!(expected.is_array(), "{pattern:?} is refused anyway");
                check_exception(exception, &pattern);
                exceptions.push(exception);
            }
            None => assert_eq!(answer(&pattern, after), expected, "{class}: {pattern:?} after {after}"),
        }
    }
    assert_eq!(checked, 1200);
    let count = |exception| exceptions.iter().filter(|&&other| other == exception).count();
    assert_eq!(count(Exception::Empty), 10);
    assert_eq!(count(Exception::FewFields), 17);
    assert_eq!(count(Exception::NeverFires), 2);
    assert_eq!(count(Exception::Random), 1);
}

/// What we make of a pattern, in the form of the vectors.
fn answer(pattern: &str, after: i64) -> Value {
    let calendar = match parse_pattern(pattern, HOOK) {
        Ok(calendar) => calendar,
        Err(error) => return error.to_string().into(),
    };
    let mut before = after;
    let after = Offset::UTC.to_datetime(Timestamp::from_second(after).unwrap());
    let gap = |at| {
        let at = Offset::UTC.to_timestamp(at).unwrap().as_second();
        at - std::mem::replace(&mut before, at)
    };
    following(&calendar, after, 5).into_iter().map(gap).collect()
}

fn check_exception(exception: Exception, pattern: &str) {
    let parsed = parse_pattern(pattern, HOOK);
    let as_named = match exception {
        Exception::Empty => parsed == Err(PatternError::Empty),
        Exception::FewFields => matches!(parsed, Err(PatternError::TooFewFields { found: 3 | 4 })),
        Exception::NeverFires => parsed == Err(PatternError::NeverFires),
        Exception::Random => parsed.is_ok(),
    };
    assert!(as_named, "{pattern:?} as {exception:?}");
}
