//! One field of a pattern: from its text to the numbers it stands for.
//!
//! cron-parser works by substitution: names become numbers, then `*` and `?` the field's whole range, then `H` one
//! or more numbers, and only what comes out is read as a list of ranges. So does this, since what it makes of odd
//! patterns, and what it complains about, follows from it: `**` is the range 0-590.

use std::borrow::Cow;

use super::error::{Field, Numeral, PatternError};
use super::hashed;
use super::set::Set;

/// The numbers that a field stands for.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// The numbers themselves; for the day of week, 7 is turned into 0.
    pub(super) numbers: Set,
    /// Those followed by `L`, the last such weekday of a month. For the day of month, which has only the bare `L`, 0.
    pub(super) last: Set,
    /// Those that are there more than once.
    repeated: Set,
    /// Those that are there with `L` more than once.
    repeated_last: Set,
}

/// Whether a field allows everything. Only these two spellings do: `*/1`, also all numbers, still counts as restricting
/// the day of month or week.
pub(super) fn is_wildcard(text: &str) -> bool {
    matches!(text, "*" | "?")
}

/// Reads a field. `draw` is what `H` draws.
pub(super) fn parse(field: Field, text: &str, draw: u32) -> Result<Values, PatternError> {
    let mut values = Values::default();
    if is_wildcard(text) {
        let (min, max) = field.bounds();
        values.add_range(field, min, max, 1);
        return Ok(values);
    }
    let text = replace_names(field, text)?;
    check_characters(field, &text)?;
    for item in replace_signs(field, &text, draw)?.split(',') {
        values.add_item(field, item)?;
    }
    if text.contains('H') {
        // `H,30` is no worse for the one hook whose H is 30; cron-parser refuses it then.
        values.repeated = Set::EMPTY;
    }
    Ok(values)
}

/// Replaces `*` and `?` by the field's whole range, then `H` by what it draws.
fn replace_signs<'a>(field: Field, text: &'a str, draw: u32) -> Result<Cow<'a, str>, PatternError> {
    let mut text = Cow::Borrowed(text);
    if text.contains(['*', '?']) {
        text = text.replace(['*', '?'], &field.to_string()).into();
    }
    if text.contains('H') {
        text = hashed::expand(&text, field, draw)?.into();
    }
    Ok(text)
}

/// Turns each run of three letters into the number of the month or weekday that it names. cron-parser doesn't mind
/// a month's name for a weekday, or the other way round.
fn replace_names(field: Field, text: &str) -> Result<Cow<'_, str>, PatternError> {
    if !matches!(field, Field::Month | Field::DayOfWeek) {
        return Ok(text.into());
    }
    let is_name = |window: &[u8]| window.iter().all(u8::is_ascii_alphabetic);
    let mut replaced = String::new();
    let mut rest = text;
    while let Some(start) = rest.as_bytes().windows(3).position(is_name) {
        let (before, name, after) = (&rest[..start], &rest[start..start + 3], &rest[start + 3..]);
        replaced.push_str(before);
        replaced.push_str(number_of(name)?);
        rest = after;
    }
    if rest.len() == text.len() {
        return Ok(text.into());
    }
    replaced.push_str(rest);
    Ok(replaced.into())
}

fn number_of(name: &str) -> Result<&'static str, PatternError> {
    let alias = name.to_ascii_lowercase();
    let number = match alias.as_str() {
        "sun" => "0",
        "jan" | "mon" => "1",
        "feb" | "tue" => "2",
        "mar" | "wed" => "3",
        "apr" | "thu" => "4",
        "may" | "fri" => "5",
        "jun" | "sat" => "6",
        "jul" => "7",
        "aug" => "8",
        "sep" => "9",
        "oct" => "10",
        "nov" => "11",
        "dec" => "12",
        _ => return Err(PatternError::Alias { alias }),
    };
    Ok(number)
}

fn check_characters(field: Field, text: &str) -> Result<(), PatternError> {
    let is_allowed = |c: char| match c {
        '0'..='9' | '*' | '?' | ',' | '-' | '/' | 'H' => true,
        'L' => matches!(field, Field::DayOfMonth | Field::DayOfWeek),
        _ => false,
    };
    let refuse = || Err(PatternError::Characters { value: text.to_owned() });
    if text.is_empty() {
        return refuse();
    }
    let mut rest = text;
    while let Some(start) = rest.find(|c| !is_allowed(c)) {
        // Brackets are the one thing that is not allowed anywhere, but right after H.
        match hashed::strip_range(&rest[start..]) {
            Some((_, after)) if rest[..start].ends_with('H') => rest = after,
            _ => return refuse(),
        }
    }
    Ok(())
}

impl Values {
    fn add_item(&mut self, field: Field, item: &str) -> Result<(), PatternError> {
        if item.is_empty() {
            return Err(PatternError::EmptyItem);
        }
        let (range, step) = match item.split_once('/') {
            Some((_, rest)) if rest.contains('/') => {
                return Err(PatternError::Repeat { item: item.to_owned() });
            }
            Some((range, step)) => (range, Some(step)),
            None => (item, None),
        };
        let mut ends = range.split('-').map(leading_integer);
        // What follows a second `-` is ignored: `1-5-9` is `1-5`.
        let (first, last) = match (ends.next().flatten(), ends.next()) {
            (first, Some(last)) => (first, last),
            (first, None) if step.is_some() => (first, Some(field.bounds().1.into())),
            (_, None) => return self.add_single(field, item),
        };
        let (first, last) = check_range(field, first, last)?;
        let step = step.map_or(Some(1), leading_integer);
        let step = match step {
            Some(step) if step > 0 => i8::try_from(step).unwrap_or(i8::MAX),
            _ => return Err(PatternError::Step { step: Numeral(step) }),
        };
        if item.contains('L') {
            return Err(PatternError::Last { value: item.to_owned(), field });
        }
        self.add_range(field, first, last, step);
        Ok(())
    }

    fn add_single(&mut self, field: Field, item: &str) -> Result<(), PatternError> {
        if item.contains('L') {
            return self.add_last(field, item);
        }
        let number = leading_integer(item);
        let in_bounds = narrow(number).filter(|&number| is_in_bounds(field, number));
        let in_bounds = in_bounds.ok_or(PatternError::Value { value: Numeral(number), field })?;
        self.add(Set::of(modulo_week(field, in_bounds)));
        Ok(())
    }

    /// Adds `L` as a day of month, or a weekday with `L`.
    fn add_last(&mut self, field: Field, item: &str) -> Result<(), PatternError> {
        let number = match (field, item.as_bytes()) {
            (Field::DayOfMonth, b"L") => 0,
            (Field::DayOfWeek, b"L") => return Err(PatternError::LastOfNoWeekday),
            (Field::DayOfWeek, [b'0'..=b'7', b'L']) => narrow(leading_integer(item)).unwrap_or_default(),
            _ => return Err(PatternError::Last { value: item.to_owned(), field }),
        };
        let number = Set::of(number);
        self.repeated_last = self.repeated_last.union(self.last.intersection(number));
        self.last = self.last.union(number);
        Ok(())
    }

    fn add_range(&mut self, field: Field, first: i8, last: i8, step: i8) {
        let mut numbers: Set = (first..=last)
            .step_by(usize::from(step.unsigned_abs()))
            .map(|number| modulo_week(field, number))
            .collect();
        // A range that ends on the second Sunday has it even if a step leaps over it: 3/3 is 3, 6 and Sunday.
        if field == Field::DayOfWeek && last == 7 {
            numbers.insert(0);
        }
        self.add(numbers);
    }

    fn add(&mut self, numbers: Set) {
        self.repeated = self.repeated.union(self.numbers.intersection(numbers));
        self.numbers = self.numbers.union(numbers);
    }

    /// Refuses numbers that are there twice, as cron-parser does, once all fields are read. It looks for the smallest,
    /// and takes a zero for "none".
    pub(super) fn check_repeated(&self, field: Field) -> Result<(), PatternError> {
        let value = match (self.repeated.first(), self.repeated_last.first()) {
            (Some(0), _) | (None, None) => return Ok(()),
            (Some(number), _) => number.to_string(),
            (None, Some(_)) if field == Field::DayOfMonth => "L".to_owned(),
            (None, Some(weekday)) => format!("{weekday}L"),
        };
        Err(PatternError::Duplicate { value, field })
    }
}

/// Checks a range as cron-parser does: each end against one bound only, then one against the other.
fn check_range(field: Field, first: Option<i64>, last: Option<i64>) -> Result<(i8, i8), PatternError> {
    let (min, max) = field.bounds();
    if first.is_none_or(|first| first < min.into()) || last.is_none_or(|last| last > max.into()) {
        return Err(PatternError::Range { first: Numeral(first), last: Numeral(last), field });
    }
    match (narrow(first), narrow(last)) {
        (Some(first), Some(last)) if first <= last => Ok((first, last)),
        _ => Err(PatternError::Backwards { first: Numeral(first), last: Numeral(last) }),
    }
}

/// A number as it is kept in a set, unless it is far too large.
fn narrow(number: Option<i64>) -> Option<i8> {
    i8::try_from(number?).ok()
}

fn is_in_bounds(field: Field, number: i8) -> bool {
    let (min, max) = field.bounds();
    (min..=max).contains(&number)
}

const fn modulo_week(field: Field, number: i8) -> i8 {
    if matches!(field, Field::DayOfWeek) { number % 7 } else { number }
}

/// The integer at the start of a text, as JavaScript's `parseInt` finds it. What is too large is cut to the largest.
fn leading_integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let digits = digits.get(..end).filter(|digits| !digits.is_empty())?;
    let number = digits.parse().unwrap_or(i64::MAX);
    Some(if text.starts_with('-') { -number } else { number })
}
