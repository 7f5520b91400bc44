//! One field of an expression: from its text to what it stands for.

use std::collections::BTreeSet;

use super::super::set::Set;
use super::error::{CronexprError, Field};

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const WEEKDAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/// How many letters of a name suffice.
const SHORT: usize = 3;

/// What a field stands for.
#[derive(Debug)]
pub(super) struct Items {
    /// Whether `*` or `?` is among them.
    all: bool,
    /// The numbers, each once however often it is said; for the day of week, 7 is a Sunday as well as 0.
    numbers: BTreeSet<i16>,
    /// Days that have another number in each month.
    pub(super) special: Vec<Special>,
}

/// A day that has another number in each month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Special {
    /// `L`
    LastDay,
    /// `LW`
    LastWeekday,
    /// `15W`
    NearestWeekday(i8),
    /// `5L`
    Last(i8),
    /// `5#3`
    Nth(i8, usize),
}

impl Items {
    /// Whether it allows less than everything, as it is written: `*/1` does.
    pub(super) fn restrict(&self) -> bool {
        !self.all
    }

    /// The numbers of any field but the year's.
    pub(super) fn set(&self, field: Field) -> Set {
        let (min, max) = field.bounds();
        match (narrow(min), narrow(max)) {
            (Some(min), Some(max)) if self.all => Set::range(min, max),
            _ => self.numbers.iter().copied().filter_map(narrow).collect(),
        }
    }

    /// The years; nothing if all are allowed.
    pub(super) fn years(self) -> Option<BTreeSet<i16>> {
        self.restrict().then_some(self.numbers)
    }
}

/// Reads a field. What is empty between commas is passed over.
pub(super) fn parse(field: Field, text: &str) -> Result<Items, CronexprError> {
    let mut items = Items { all: false, numbers: BTreeSet::new(), special: Vec::new() };
    let mut found = false;
    for item in text.split(',').filter(|item| !item.is_empty()) {
        found = true;
        let lower = item.to_ascii_lowercase();
        if matches!(item, "*" | "?") {
            items.all = true;
        } else if let Some(special) = special(field, &lower) {
            items.special.push(special);
        } else {
            items.numbers.extend(numbers(field, item, &lower)?);
        }
    }
    if found { Ok(items) } else { Err(CronexprError::Missing { field }) }
}

fn special(field: Field, item: &str) -> Option<Special> {
    match (field, item) {
        (Field::DayOfMonth, "l") => Some(Special::LastDay),
        (Field::DayOfMonth, "lw") => Some(Special::LastWeekday),
        (Field::DayOfMonth, _) => {
            narrow(number(field, item.strip_suffix('w')?)?).map(Special::NearestWeekday)
        }
        (Field::DayOfWeek, _) => {
            let weekday = |text| narrow(number(field, text)? % 7);
            if let Some((day, nth)) = item.split_once('#') {
                let nth = ["1", "2", "3", "4", "5"].iter().position(|known| *known == nth)? + 1;
                return Some(Special::Nth(weekday(day)?, nth));
            }
            weekday(item.strip_suffix('l')?).map(Special::Last)
        }
        _ => None,
    }
}

/// The numbers of an item: one, a range, with or without a step.
fn numbers(field: Field, item: &str, lower: &str) -> Result<impl Iterator<Item = i16>, CronexprError> {
    let (range, step) = lower.split_once('/').map_or((lower, None), |(range, step)| (range, Some(step)));
    let (first, last) = ends(field, range, step.is_some())
        .ok_or_else(|| CronexprError::Item { item: item.to_owned(), field })?;
    if first > last {
        return Err(CronexprError::Backwards { item: item.to_owned(), field });
    }
    let step = step.map_or(Some(1), |step| step_of(field, step));
    let step = step.ok_or_else(|| CronexprError::Step { item: item.to_owned(), field })?;
    Ok((first..=last).step_by(step))
}

/// The first and the last number of a range. A single number that has a step is a range to the field's end.
fn ends(field: Field, range: &str, has_step: bool) -> Option<(i16, i16)> {
    let (min, max) = field.bounds();
    if range == "*" {
        return Some((min, max));
    }
    let Some((first, last)) = range.split_once('-') else {
        // The one number beyond the field's is the other one for Sunday.
        let number = number(field, range).map(|number| if number > max { 0 } else { number })?;
        return Some((number, if has_step { max } else { number }));
    };
    let (first, last) = (number(field, first)?, number(field, last)?);
    if field != Field::DayOfWeek {
        return Some((first, last));
    }
    // Sunday comes before Monday at a range's start, and after Saturday at its end.
    let first = if last == 7 && first == 7 { 7 } else { first % 7 };
    Some((first, if last == 0 && first > 0 { 7 } else { last }))
}

fn step_of(field: Field, text: &str) -> Option<usize> {
    let step: usize = digits(text)?.parse().ok()?;
    let (_, max) = field.bounds();
    (step >= 1 && i16::try_from(step).is_ok_and(|step| step <= max)).then_some(step)
}

/// A number of a field, or what a name stands for. For the day of week, it may be 7.
fn number(field: Field, text: &str) -> Option<i16> {
    let (min, max) = field.bounds();
    let named = |names: &[&str], first: i16| {
        let name = names.iter().position(|name| text == *name || Some(text) == name.get(..SHORT))?;
        Some(first + i16::try_from(name).ok()?)
    };
    let (named, max) = match field {
        Field::Month => (named(&MONTHS, 1), max),
        Field::DayOfWeek => (named(&WEEKDAYS, 0), 7),
        _ => (None, max),
    };
    let longest = if field == Field::Year { 4 } else { 2 };
    let written = || digits(text).filter(|digits| digits.len() <= longest)?.parse().ok();
    named.or_else(written).filter(|number| (min..=max).contains(number))
}

fn digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

fn narrow(number: i16) -> Option<i8> {
    i8::try_from(number).ok()
}
