//! `H`: a number that differs from hook to hook, so that they don't all fire at the same moment.
//!
//! The forms are `H`, `H/step`, `H(first-last)` and `H(first-last)/step`. Where Taskcluster draws a new number each
//! time it looks, ours is fixed by the hook's name, and is the one that cron-parser comes to with that name as its
//! `hashSeed`. That takes a 32-bit FNV-1a of the name for the state of a mulberry32 generator and draws from
//! it once per field.

use super::error::{Field, Numeral, PatternError};

/// The numbers of one pattern of one hook. Asked for each field in turn.
pub(super) struct Draws {
    state: u32,
}

impl Draws {
    pub(super) fn new(seed: &str) -> Self {
        // FNV-1a over UTF-16 code units, as strings are in JavaScript.
        let hash = |hash: u32, unit: u16| (hash ^ u32::from(unit)).wrapping_mul(16_777_619);
        Self { state: seed.encode_utf16().fold(2_166_136_261, hash) }
    }

    /// The next draw, uniform over all `u32`.
    pub(super) fn next(&mut self) -> u32 {
        self.state = self.state.wrapping_add(0x6d2b_79f5);
        let mut mixed = (self.state ^ (self.state >> 15)).wrapping_mul(self.state | 1);
        mixed ^= mixed.wrapping_add((mixed ^ (mixed >> 7)).wrapping_mul(mixed | 61));
        mixed ^ (mixed >> 14)
    }
}

/// One `H` with what belongs to it.
#[derive(Default)]
struct Hashed {
    range: Option<(u32, u32)>,
    step: Option<u32>,
}

/// Writes numbers for each `H` in a field. A field has one draw, however many times `H` stands in it.
pub(super) fn expand(text: &str, field: Field, draw: u32) -> Result<String, PatternError> {
    let mut expanded = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('H') {
        expanded.push_str(before);
        let (hashed, after) = Hashed::read(after);
        hashed.write(&mut expanded, field, draw)?;
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

/// Splits off `(first-last)` at the start of a text, if it is there.
pub(super) fn strip_range(text: &str) -> Option<((u32, u32), &str)> {
    let (first, rest) = strip_digits(text.strip_prefix('(')?)?;
    let (last, rest) = strip_digits(rest.strip_prefix('-')?)?;
    Some(((first, last), rest.strip_prefix(')')?))
}

fn strip_digits(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end).filter(|(digits, _)| !digits.is_empty())?;
    // Digits only, so what fails to parse is too large.
    Some((digits.parse().unwrap_or(u32::MAX), rest))
}

/// A draw scaled to a number below `bound`.
fn below(bound: u64, draw: u32) -> u64 {
    (u64::from(draw) * bound) >> 32
}

impl Hashed {
    fn read(text: &str) -> (Self, &str) {
        let (range, rest) = strip_range(text).map_or((None, text), |(range, rest)| (Some(range), rest));
        match rest.strip_prefix('/').and_then(strip_digits) {
            Some((step, rest)) => (Self { range, step: Some(step) }, rest),
            None => (Self { range, step: None }, rest),
        }
    }

    fn write(&self, out: &mut String, field: Field, draw: u32) -> Result<(), PatternError> {
        let (given_first, last) = self.range(field)?;
        let first = given_first.max(u64::from(field.bounds().0.unsigned_abs()));
        let anywhere = given_first + below(last - given_first + 1, draw);
        let step = match self.step {
            None => {
                out.push_str(&anywhere.max(first).to_string());
                return Ok(());
            }
            Some(0) => return Err(PatternError::HashedStep),
            Some(step) => u64::from(step),
        };
        let offset = first / step * step + below(step, draw);
        let mut number = if offset < first { offset + step } else { offset };
        if number > last {
            // A step longer than the range often finds nothing in it; whether a pattern is good must not be luck.
            number = anywhere.max(first);
        }
        out.push_str(&number.to_string());
        for number in (number..=last).step_by(usize::try_from(step).unwrap_or(usize::MAX)).skip(1) {
            out.push(',');
            out.push_str(&number.to_string());
        }
        Ok(())
    }

    /// Where to draw from: the range given, or all of the field.
    ///
    /// cron-parser lets a range leave the field, and then refuses the pattern if it happens to draw a number outside.
    /// A range that only starts too low is put right, as cron-parser does with a step.
    fn range(&self, field: Field) -> Result<(u64, u64), PatternError> {
        let (min, max) = field.bounds();
        let (min, max) = (u32::from(min.unsigned_abs()), u32::from(max.unsigned_abs()));
        let (first, last) = self.range.unwrap_or((min, max));
        if first > last {
            return Err(PatternError::HashedBackwards { first, last });
        }
        if last > max || last < min {
            let numeral = |number: u32| Numeral(Some(number.into()));
            return Err(PatternError::Range { first: numeral(first), last: numeral(last), field });
        }
        Ok((first.into(), last.into()))
    }
}
