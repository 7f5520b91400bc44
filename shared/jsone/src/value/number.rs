//! Numbers: double precision as in JavaScript, and written and read as JavaScript does.

use serde_json::Number as JsonNumber;

use super::is_space;

/// The integers that doubles hold without gaps: up to this, both ways.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number<'v> {
    Float(f64),
    /// An integer that a double would round: it is computed with as a double, and
    /// otherwise passed on as it came.
    Wide(&'v JsonNumber),
}

impl Number<'_> {
    pub(crate) fn float(self) -> f64 {
        match self {
            Self::Float(number) => number,
            Self::Wide(number) => number.as_f64().unwrap_or(f64::NAN),
        }
    }

    /// The number as text.
    pub(crate) fn format(self) -> String {
        match self {
            Self::Float(number) => format_float(number),
            Self::Wide(number) => number.to_string(),
        }
    }

    /// The number as JSON has it; none for infinities and what isn't a number.
    pub(crate) fn to_json(self) -> Option<JsonNumber> {
        match self {
            Self::Float(number) if number.fract() == 0.0 && number.abs() <= EXACT => {
                Some(JsonNumber::from(number as i64))
            }
            Self::Float(number) => JsonNumber::from_f64(number),
            Self::Wide(number) => Some(number.clone()),
        }
    }
}

impl<'v> From<&'v JsonNumber> for Number<'v> {
    fn from(number: &'v JsonNumber) -> Self {
        match number.as_i64() {
            Some(integer) if integer.unsigned_abs() <= EXACT as u64 => Self::Float(integer as f64),
            None if number.is_f64() => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
            _ => Self::Wide(number),
        }
    }
}

/// A number as JavaScript's `String` writes it: the shortest digits that are read as the same number,
/// with an exponent from 1e21 and below 1e-6.
pub(crate) fn format_float(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if number.fract() == 0.0 && number.abs() <= EXACT {
        return (number as i64).to_string();
    }
    let sign = if number < 0.0 { "-" } else { "" };
    let scientific = format!("{:e}", number.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits = mantissa.replace('.', "");
    // Where the point is, counted from the first digit: between -324 and 309.
    let point = exponent.parse::<i32>().unwrap_or(0) + 1;
    let count = digits.len() as i32;
    match point {
        22.. | ..=-6 => {
            let tail = if count > 1 { format!(".{}", &digits[1..]) } else { String::new() };
            format!("{sign}{}{tail}e{:+}", &digits[..1], point - 1)
        }
        ..=0 => format!("{sign}0.{}{digits}", "0".repeat(point.unsigned_abs() as usize)),
        _ if point >= count => format!("{sign}{digits}{}", "0".repeat((point - count) as usize)),
        _ => format!("{sign}{}.{}", &digits[..point as usize], &digits[point as usize..]),
    }
}

/// A text as JavaScript's `Number` reads it: blanks around it don't matter, nothing is zero, and what isn't a
/// number is NaN.
pub(crate) fn parse_number(text: &str) -> f64 {
    let text = text.trim_matches(is_space);
    if text.is_empty() {
        return 0.0;
    }
    for (prefixes, base) in [(["0x", "0X"], 16), (["0o", "0O"], 8), (["0b", "0B"], 2)] {
        if let Some(digits) = prefixes.iter().find_map(|prefix| text.strip_prefix(prefix)) {
            return parse_whole(digits, base);
        }
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    // Rust also reads `inf` and `nan`.
    let well_formed =
        unsigned == "Infinity" || !unsigned.contains(|c: char| c.is_alphabetic() && !matches!(c, 'e' | 'E'));
    if well_formed { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}

fn parse_whole(digits: &str, base: u32) -> f64 {
    let value =
        |sum: f64, digit: char| digit.to_digit(base).map(|digit| sum * f64::from(base) + f64::from(digit));
    if digits.is_empty() {
        return f64::NAN;
    }
    digits.chars().try_fold(0.0, value).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_as_javascript_writes() {
        for (number, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (-1.0, "-1"),
            (3.75, "3.75"),
            (0.1 + 0.2, "0.30000000000000004"),
            (9_007_199_254_740_992.0, "9007199254740992"),
            (1_152_921_504_606_846_976.0, "1152921504606847000"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (-1.5e300, "-1.5e+300"),
            (123456.789e3, "123456789"),
            (1e-6, "0.000001"),
            (1.25e-6, "0.00000125"),
            (1e-7, "1e-7"),
            (1.5e-7, "1.5e-7"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(format_float(number), text);
        }
    }

    #[test]
    fn read_as_javascript_reads() {
        for (text, number) in [
            ("", 0.0),
            (" \n", 0.0),
            (" 3.5\t", 3.5),
            ("-14.15", -14.15),
            ("+5.", 5.0),
            (".5", 0.5),
            ("1e3", 1000.0),
            ("0x1F", 31.0),
            ("0b101", 5.0),
            ("0o17", 15.0),
            ("Infinity", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
        ] {
            assert_eq!(parse_number(text), number, "{text:?}");
        }
        for text in [
            "inf", "nan", "NaN", "infinity", "1_000", "1,5", "-0x10", "0x", "0b2", ".", "e5", "1e", "--1",
            "3 4",
        ] {
            assert!(parse_number(text).is_nan(), "{text:?}");
        }
    }

    #[test]
    fn wide_integers_come_out_as_they_went_in() {
        for text in
            ["9007199254740993", "-9007199254740993", "18446744073709551615", "9007199254740992", "1.5"]
        {
            let number: JsonNumber = serde_json::from_str(text).unwrap();
            assert_eq!(Number::from(&number).format(), text);
            assert_eq!(Number::from(&number).to_json().unwrap().to_string(), text);
        }
        assert!(Number::Float(f64::NAN).to_json().is_none());
        assert_eq!(Number::Float(-0.0).to_json().unwrap().to_string(), "0");
    }
}
