//! `H`, which must not change: a hook would lose its time.

use super::calendar;
use crate::cron::parse_pattern;

/// From cron-parser 5.6.2, given `hashSeed`.
#[test]
fn a_hook_has_the_numbers_that_cron_parser_finds_with_its_name_as_seed() {
    let cases = [
        ("group/hook", "H H H H H H", "1 22 20 1 6 0"),
        ("group/hook", "H H * * *", "22 20 * * *"),
        ("group/hook", "H/15 * * * *", "5,20,35,50 * * * *"),
        ("group/hook", "H(0-29)/10 H(1-5) * * *", "3,13,23 5 * * *"),
        ("a/b", "H H H H H H", "14 28 22 26 8 6"),
        ("a/b", "H/15 * * * *", "7,22,37,52 * * * *"),
        ("a/b", "H(0-29)/10 H(1-5) * * *", "4,14,24 5 * * *"),
        ("proj/é😀", "H H H H H H", "11 32 23 9 8 2"),
        ("proj/é😀", "H(0-29)/10 H(1-5) * * *", "5,15,25 5 * * *"),
    ];
    for (hook, pattern, expected) in cases {
        assert_eq!(parse_pattern(pattern, hook), Ok(calendar(expected)), "{pattern:?} of {hook}");
    }
}

#[test]
fn whether_a_pattern_is_good_does_not_depend_on_the_hook() {
    // A step that may leap over the range; a number that may be there already; a range that starts too low.
    for pattern in ["H/1000 * * * *", "H(5-6)/30 * * * *", "H,30 * * * *", "0 0 H(0-2) * *"] {
        for hook in 0..100 {
            let parsed = parse_pattern(pattern, &format!("group/{hook}"));
            assert!(parsed.is_ok(), "{pattern:?} of {hook}: {parsed:?}");
        }
    }
}

#[test]
fn hooks_are_spread() {
    let minutes = (0..600).map(|hook| parse_pattern("H * * * *", &format!("group/{hook}")).unwrap().minutes);
    let mut counts = [0; 60];
    for minute in minutes {
        counts[usize::try_from(minute.first().unwrap()).unwrap()] += 1;
    }
    // Ten each, give or take what chance does.
    assert!(counts.iter().all(|count| (1..=25).contains(count)), "{counts:?}");
}
