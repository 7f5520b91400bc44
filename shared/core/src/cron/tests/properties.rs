//! What holds for every pattern, and a slow search to compare with.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, datetime};
use jiff::tz::Offset;
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::string::string_regex;

use super::HOOK;
use crate::cron::{Calendar, PatternError, Schedule, parse_pattern};

type Numbers = Option<BTreeSet<i8>>;

/// A pattern's days in plain sight; `None` is `*`.
#[derive(Clone, Debug)]
struct PlainDays {
    of_month: Numbers,
    last_of_month: bool,
    months: Numbers,
    of_week: Numbers,
    last_friday: bool,
}

fn numbers(range: std::ops::RangeInclusive<i8>) -> impl Strategy<Value = Numbers> {
    option::of(btree_set(range, 1..5))
}

fn plain_days() -> impl Strategy<Value = PlainDays> {
    (numbers(1..=31), any::<bool>(), numbers(1..=12), numbers(0..=6), any::<bool>()).prop_map(
        |(of_month, last_of_month, months, of_week, last_friday)| PlainDays {
            of_month,
            last_of_month,
            months,
            of_week,
            last_friday,
        },
    )
}

fn field(numbers: &Numbers, more: Option<&str>) -> String {
    let Some(numbers) = numbers else { return "*".to_owned() };
    let numbers = numbers.iter().map(i8::to_string);
    numbers.chain(more.map(str::to_owned)).collect::<Vec<_>>().join(",")
}

impl PlainDays {
    fn pattern(&self) -> String {
        let of_month = field(&self.of_month, self.last_of_month.then_some("L"));
        let of_week = field(&self.of_week, self.last_friday.then_some("5L"));
        format!("0 0 {of_month} {} {of_week}", field(&self.months, None))
    }

    fn allow(&self, date: Date) -> bool {
        let suits_month = self
            .of_month
            .as_ref()
            .map(|days| days.contains(&date.day()) || self.last_of_month && date == date.last_of_month());
        let weekday = date.weekday().to_sunday_zero_offset();
        let suits_week = self.of_week.as_ref().map(|weekdays| {
            let is_last_friday = weekday == 5 && date.day() > date.days_in_month() - 7;
            weekdays.contains(&weekday) || self.last_friday && is_last_friday
        });
        let suits_either = match (suits_month, suits_week) {
            (None, None) => true,
            (month, week) => month == Some(true) || week == Some(true),
        };
        suits_either && self.months.as_ref().is_none_or(|months| months.contains(&date.month()))
    }
}

fn moments() -> impl Strategy<Value = DateTime> {
    (0..4_102_444_800_i64, 0..2_i64).prop_map(|(second, half)| {
        datetime(1970, 1, 1, 0, 0, 0, 0) + second.seconds() + (half * 500_000_000).nanoseconds()
    })
}

/// Text that is a pattern, or nearly one.
fn near_patterns() -> impl Strategy<Value = String> {
    let good = "[*?]|[1-6]|[1-3]-[4-6]|[*]/[1-9]|H|H/[1-9]{1,2}|H[(][1-3]-[4-6][)](/[1-9])?|1,[3-5],6-7";
    let of_days = "[0-9]?L|[0-7]#[0-6]|MON|feb|sun|[0-3]?[0-9]|[1-4],L|1,[3-5]L|mon-fri";
    let odd = "[0-9]{1,2}(-[0-9]{1,2})?(/[0-9]{0,3})?|[a-z]{3}|[0-9*?HL,/#()é-]{0,6}";
    let often_good = format!("({good}|{good}|{good}|{odd})");
    let days = format!("({good}|{good}|{of_days})");
    string_regex(&format!("({often_good} ){{2,3}}{days} {often_good} {days}")).unwrap()
}

/// A pattern for any times on every day.
fn times() -> impl Strategy<Value = String> {
    (numbers(0..=59), numbers(0..=59), numbers(0..=23)).prop_map(|(seconds, minutes, hours)| {
        format!("{} {} {} * * *", field(&seconds, None), field(&minutes, None), field(&hours, None))
    })
}

/// The next moment, by stepping through a day second by second.
fn stepped_through_seconds(calendar: &Calendar, after: DateTime) -> Option<DateTime> {
    let start = after.with().subsec_nanosecond(0).build().ok()?;
    (1..=86_400).map(|second: i32| start + second.seconds()).find(|&at| calendar.contains(at))
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), seed in any::<String>()) {
        let _ = parse_pattern(&text, &seed);
    }

    #[test]
    fn what_is_accepted_fires_after_any_moment(text in near_patterns(), after in moments()) {
        if let Ok(calendar) = parse_pattern(&text, HOOK) {
            let next = calendar.next_after(after).unwrap();
            prop_assert!(next > after);
            prop_assert!(calendar.contains(next), "{next} of {text:?}");
        }
    }

    #[test]
    fn a_schedule_has_the_earliest_of_its_patterns(texts in vec(times(), 1..5), after in moments()) {
        let after = Offset::UTC.to_timestamp(after).unwrap();
        let together = Schedule::parse(&texts, HOOK).unwrap();
        let next = together.next_after(after).unwrap();
        prop_assert!(together.is_occurrence(next));
        let earliest = texts
            .chunks(1)
            .filter_map(|alone| Schedule::parse(alone, HOOK).unwrap().next_after(after))
            .min();
        prop_assert_eq!(Some(next), earliest);
    }

    #[test]
    fn days_are_those_found_one_by_one(days in plain_days(), after in moments()) {
        let parsed = parse_pattern(&days.pattern(), HOOK);
        // 29 February is at most eight years away.
        let found = after.date().series(1.day()).skip(1).take(9 * 366).find(|&date| days.allow(date));
        match (parsed, found) {
            (Ok(calendar), found) => {
                prop_assert_eq!(calendar.next_after(after), found.map(|date| date.at(0, 0, 0, 0)));
            }
            (Err(PatternError::DayOfMonth | PatternError::NeverFires), None) => {}
            (Err(error), found) => prop_assert!(false, "{error} in {days:?}, which has {found:?}"),
        }
    }
}

proptest! {
    // Each case is up to 86,400 steps.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn times_are_those_found_second_by_second(text in times(), after in moments()) {
        let calendar = parse_pattern(&text, HOOK).unwrap();
        prop_assert_eq!(calendar.next_after(after), stepped_through_seconds(&calendar, after));
    }
}
