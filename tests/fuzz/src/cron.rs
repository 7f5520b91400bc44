//! Schedules: the hook's name, a moment in seconds since 1970, and patterns, a line each.
//!
//! What is accepted fires; occurrences come in order, are what they are whatever one asks before them, and between two
//! there is none; a schedule's are those of its patterns.

use jiff::Timestamp;
use treble_core::cron::{MAX_PATTERNS, Schedule};

use crate::input::{joined, lines, table, table_of_lines};

/// See the module.
pub fn check(input: &[u8]) -> bool {
    let Some([name, after, patterns]) = lines(input) else { return false };
    // From 1970 into the 22nd century: where clocks are.
    let second = after.parse::<u32>().unwrap_or(0);
    let Ok(after) = Timestamp::from_second(second.into()) else { return false };
    let patterns: Vec<String> = patterns.split('\n').take(MAX_PATTERNS).map(str::to_owned).collect();
    let alone: Vec<Result<Schedule, _>> =
        patterns.iter().map(|pattern| Schedule::parse(std::slice::from_ref(pattern), name)).collect();
    let together = Schedule::parse(&patterns, name);
    let Ok(schedule) = together else {
        assert!(alone.iter().any(Result::is_err), "{patterns:?}");
        return false;
    };
    let alone: Vec<Schedule> =
        alone.into_iter().map(|schedule| schedule.expect("part of a schedule")).collect();
    assert!(alone.iter().all(|schedule| schedule.next_after(after).is_some()), "{patterns:?}");
    let mut at = after;
    for _ in 0..8 {
        let Some(next) = schedule.next_after(at) else { panic!("{patterns:?} end with {at}") };
        occurs(&schedule, at, next);
        assert_eq!(alone.iter().filter_map(|schedule| schedule.next_after(at)).min(), Some(next));
        at = next;
    }
    true
}

/// What holds of an occurrence that follows a moment.
fn occurs(schedule: &Schedule, after: Timestamp, next: Timestamp) {
    assert!(next > after && next.subsec_nanosecond() == 0, "{next} after {after}");
    assert!(schedule.is_occurrence(next), "{next}");
    let seconds = next.as_second() - after.as_second();
    // Some moments between, the ones next to the ends among them.
    let between = [1, 60, 3600, 86_400, seconds / 2, seconds - 1];
    for before in between.into_iter().filter(|before| (1..seconds).contains(before)) {
        let moment = Timestamp::from_second(next.as_second() - before).expect("between two moments");
        assert!(!schedule.is_occurrence(moment), "{moment} before {next}");
        assert_eq!(schedule.next_after(moment), Some(next));
    }
}

/// The patterns of the wire-level table, and of cron-parser's own answers.
pub fn seeds() -> Vec<Vec<u8>> {
    let seed = |pattern: &str| joined(["g/h", "1767225600", pattern]);
    let mut seeds: Vec<Vec<u8>> = table(include_str!("../../cases/cron.json"))
        .iter()
        .filter_map(|case| case[0].as_str().map(seed))
        .collect();
    let answers = include_str!("../../../shared/core/testdata/cron-parser-5.6.2.jsonl");
    let patterns = table_of_lines(answers).step_by(40).filter_map(|case| case[0].as_str().map(seed));
    seeds.extend(patterns);
    seeds.push(seed("H(1-4)/2 H * * *\n0 0 31 * *\n0 0 29 2 1#5"));
    seeds
}
