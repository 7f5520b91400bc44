//! Calendars on changing clocks against a slow search, and what holds in every zone.

use std::collections::BTreeSet;

use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};
use proptest::collection::btree_set;
use proptest::prelude::*;
use proptest::sample::select;

use crate::cron::Schedule;
use crate::cron::cronexpr::stored;

/// Zones of all kinds, among them ones that turn at midnight, by half an hour, by a day, and at odd times of the year.
const ZONES: [&str; 14] = [
    "Europe/Paris",
    "Europe/Dublin",
    "America/New_York",
    "America/Havana",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kwajalein",
    "Africa/Casablanca",
    "Antarctica/Casey",
    "Antarctica/Troll",
    "Asia/Gaza",
    "Asia/Kolkata",
];

/// How long is walked, in minutes: a leap of a day, and a day before and after it.
const WALK: i64 = 3 * 24 * 60;

/// How long clocks can be behind where they have been, in minutes.
const BEHIND: i64 = 26 * 60;

/// An expression in plain sight.
#[derive(Clone, Debug)]
struct Plain {
    minutes: BTreeSet<i8>,
    /// All of them, or some.
    hours: BTreeSet<i8>,
    weekdays: BTreeSet<i8>,
}

impl Plain {
    fn expression(&self) -> String {
        let list = |numbers: &BTreeSet<i8>| numbers.iter().map(i8::to_string).collect::<Vec<_>>().join(",");
        format!("{} {} * * {}", list(&self.minutes), list(&self.hours), list(&self.weekdays))
    }

    fn names(&self, time: DateTime) -> bool {
        self.minutes.contains(&time.minute())
            && self.hours.contains(&time.hour())
            && self.weekdays.contains(&time.weekday().to_sunday_zero_offset())
    }

    /// Its occurrences of a walk, a minute after the other, by the rule as it is told.
    fn walk(&self, zone: &TimeZone, start: Timestamp) -> Vec<Timestamp> {
        let every_hour = self.hours.len() == 24;
        let minute = |count: i64| start + count.minutes();
        let mut furthest = zone.to_datetime(minute(-BEHIND));
        let mut found = Vec::new();
        for count in 1 - BEHIND..=WALK {
            let shown = zone.to_datetime(minute(count));
            let mut reached = false;
            while furthest < shown {
                furthest += 1.minute();
                reached |= self.names(furthest);
            }
            if count > 0 && if every_hour { self.names(shown) } else { reached } {
                found.push(minute(count));
            }
        }
        found
    }
}

fn plain() -> impl Strategy<Value = Plain> {
    // Clocks are changed in the first hours of a day, at such minutes, mostly.
    let early = btree_set(0..4_i8, 1..4).boxed();
    let quarters = btree_set(select(&[0_i8, 15, 30, 45][..]), 1..4).boxed();
    let hours = prop_oneof![btree_set(0..24_i8, 1..8).boxed(), early, Just((0..24).collect()).boxed()];
    let minutes = prop_oneof![btree_set(0..60_i8, 1..4).boxed(), quarters];
    (minutes, hours, btree_set(0..7_i8, 3..=7)).prop_map(|(minutes, hours, weekdays)| Plain {
        minutes,
        hours,
        weekdays,
    })
}

fn zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).unwrap()
}

/// A moment some minutes before or after the clocks of a zone are changed, or just any if they aren't.
fn near_change(zone: &TimeZone, second: i64, minutes: i64) -> Timestamp {
    let any = Timestamp::from_second(second - second.rem_euclid(60)).unwrap();
    zone.following(any).next().map_or(any, |change| change.timestamp()) + minutes.minutes()
}

fn schedule(expression: &str, zone: &str) -> Schedule {
    Schedule::parse_stored(&[stored(expression, zone).unwrap()], "").unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn occurrences_are_those_of_a_walk(
        plain in plain(),
        name in select(&ZONES[..]),
        second in 157_766_400..2_840_140_800_i64,
        minutes in -2880..180_i64,
    ) {
        let zone = zone(name);
        let start = near_change(&zone, second, minutes);
        let schedule = schedule(&plain.expression(), name);
        let next = |&at: &Timestamp| schedule.next_after(at);
        let end = start + WALK.minutes();
        let found: Vec<_> = std::iter::successors(next(&start), next).take_while(|at| *at <= end).collect();
        let expected = plain.walk(&zone, start);
        prop_assert_eq!(&found, &expected, "{} in {} after {}", plain.expression(), name, start);
        let every_minute = (1..=WALK).map(|count| start + count.minutes());
        let occurrences: Vec<_> = every_minute.filter(|&at| schedule.is_occurrence(at)).collect();
        prop_assert_eq!(occurrences, expected, "{} in {} after {}", plain.expression(), name, start);
    }
}

/// Expressions of all signs, that are often good.
fn expressions() -> impl Strategy<Value = String> {
    let times = "([0-9]|[*]|[*]/[1-9]|[1-5]-[6-9]) ([0-9]|[*]|0-23|[*]/[2-9]|[0-3]-[4-9])";
    let days =
        "([*]|L|LW|1?[1-9]W|[1-9],2[0-8]|[?]) ([*]|JAN|2|[1-6]-[7-9]|oct) ([*]|[0-7]|5L|[1-7]#[1-5]|MON-FRI)";
    proptest::string::string_regex(&format!(
        "(([*]|0|[*]/7) {times} {days} ([*]|20[0-9]{{2}})|{times} {days})"
    ))
    .unwrap()
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(expression in any::<String>(), zone in any::<String>()) {
        let _ = stored(&expression, &zone);
        let _ = Schedule::parse_stored(&[format!("cronexpr UTC {expression}")], "");
        let _ = Schedule::parse_stored(&[format!("cronexpr {zone} {expression}")], "");
    }

    /// In all zones, from the days of local time on.
    #[test]
    fn an_occurrence_is_the_next_one_of_all_moments_before_it(
        expression in expressions(),
        zone_index in any::<prop::sample::Index>(),
        second in -3_000_000_000..4_000_000_000_i64,
        minutes in -1500..1500_i64,
    ) {
        let names: Vec<_> = TimeZoneDatabase::bundled().available().map(|name| name.to_string()).collect();
        let name = zone_index.get(&names);
        let Ok(pattern) = stored(&expression, name) else { return Ok(()) };
        let schedule = Schedule::parse_stored(std::slice::from_ref(&pattern), "").unwrap();
        let mut after = near_change(&zone(name), second, minutes);
        for _ in 0..6 {
            let Some(next) = schedule.next_after(after) else { break };
            prop_assert!(next > after, "{pattern}: {next} after {after}");
            prop_assert!(schedule.is_occurrence(next), "{pattern} has not {next}, after {after}");
            let seconds = next.as_second() - after.as_second();
            let between = [1, 60, 1800, 3600, 7200, 86_400, seconds / 2, seconds - 1];
            for before in between.into_iter().filter(|before| (1..seconds).contains(before)) {
                let moment = next - before.seconds();
                prop_assert!(!schedule.is_occurrence(moment), "{pattern} has {moment} before {next}");
                prop_assert_eq!(schedule.next_after(moment), Some(next), "{} after {}", pattern, moment);
            }
            after = next;
        }
    }
}
