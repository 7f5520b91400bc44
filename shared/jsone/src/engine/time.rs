//! `$fromNow`: spans of time and instants, in milliseconds, as text.

use crate::value::is_space;

const SECOND: f64 = 1000.0;
const MINUTE: f64 = 60.0 * SECOND;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

/// How far from 1970 JavaScript's dates go, both ways.
const FARTHEST: f64 = 100_000_000.0 * DAY;

/// Units in the order they must come in, and how they may be written.
const UNITS: [(&[&str], f64); 7] = [
    (&["y", "year", "years", "yr"], 365.0 * DAY),
    (&["mo", "month", "months"], 30.0 * DAY),
    (&["w", "wk", "week", "weeks"], 7.0 * DAY),
    (&["d", "day", "days"], DAY),
    (&["h", "hr", "hour", "hours"], HOUR),
    (&["m", "min", "minute", "minutes"], MINUTE),
    (&["s", "sec", "second", "seconds"], SECOND),
];

/// A span such as `-1 year 2 days` or `3h30m`: a sign for all of it, then units from the largest to the smallest, each
/// once at most, in any case. Nothing is no time.
pub(super) fn parse_span(text: &str) -> Option<f64> {
    let text = text.trim_matches(is_space);
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut units = UNITS.iter();
    let mut span = 0.0;
    loop {
        rest = rest.trim_start_matches(is_space);
        if rest.is_empty() {
            return Some(sign * span);
        }
        let (count, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let after = after.trim_start_matches(is_space);
        let (unit, after) =
            after.split_at(after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len()));
        let (_, length) =
            units.find(|(names, _)| names.iter().any(|name| name.eq_ignore_ascii_case(unit)))?;
        span += count.parse::<f64>().ok()? * length;
        rest = after;
    }
}

/// Milliseconds since 1970 of an ISO 8601 instant: a date, or a date and a time with a zone; without a zone it is UTC.
pub(super) fn parse_instant(text: &str) -> Option<f64> {
    let mut reader = Reader(text);
    let year = reader.year()?;
    let month = if reader.skip("-") { reader.digits(2)? } else { 1 };
    let day = if reader.skip("-") { reader.digits(2)? } else { 1 };
    if !(1..=12).contains(&month) || !(1..=days_in(year, month)).contains(&day) {
        return None;
    }
    let date = days_from_civil(year, month, day) as f64 * DAY;
    if reader.0.is_empty() {
        return Some(date);
    }
    if !(reader.skip("T") || reader.skip("t") || reader.skip(" ")) {
        return None;
    }
    let time = reader.time()?;
    let zone = reader.zone()?;
    reader.0.is_empty().then_some(date + time - zone)
}

/// An instant as JavaScript's `toJSON` writes it, such as `2017-01-19T16:27:20.974Z`; none if it is out of range.
pub(super) fn format_instant(milliseconds: f64) -> Option<String> {
    if milliseconds.is_nan() || milliseconds.abs() > FARTHEST {
        return None;
    }
    let milliseconds = milliseconds.trunc() as i64;
    let day_length = DAY as i64;
    let (year, month, day) = civil_from_days(milliseconds.div_euclid(day_length));
    let rest = milliseconds.rem_euclid(day_length);
    let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60);
    let (second, millisecond) = (rest / 1000 % 60, rest % 1000);
    let year = match year {
        0..=9999 => format!("{year:04}"),
        _ => format!("{year:+07}"),
    };
    Some(format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z"))
}

/// What is left of an instant to be read.
struct Reader<'a>(&'a str);

impl Reader<'_> {
    fn skip(&mut self, prefix: &str) -> bool {
        let rest = self.0.strip_prefix(prefix);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn digits(&mut self, count: usize) -> Option<i64> {
        let digits = self.0.get(..count).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
        self.0 = &self.0[count..];
        digits.parse().ok()
    }

    /// Four digits, or a sign and six.
    fn year(&mut self) -> Option<i64> {
        if self.skip("+") {
            self.digits(6)
        } else if self.skip("-") {
            self.digits(6).filter(|year| *year != 0).map(|year| -year)
        } else {
            self.digits(4)
        }
    }

    /// Hours and minutes, seconds and a fraction of them if they are there.
    fn time(&mut self) -> Option<f64> {
        let hour = self.digits(2)?;
        let minute = if self.skip(":") { self.digits(2)? } else { return None };
        let second = if self.skip(":") { self.digits(2)? } else { 0 };
        let millisecond = if self.skip(".") { self.fraction()? } else { 0 };
        let whole = (hour * 60 + minute) * 60 + second;
        let valid = minute < 60 && second < 60 && whole * 1000 + millisecond <= DAY as i64;
        valid.then_some((whole * 1000 + millisecond) as f64)
    }

    /// Milliseconds; finer digits are dropped.
    fn fraction(&mut self) -> Option<i64> {
        let count = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let digits = format!("{:0<3}", &self.0[..count.min(3)]);
        self.0 = &self.0[count..];
        (count > 0).then(|| digits.parse().ok())?
    }

    /// How far the zone is ahead of UTC.
    fn zone(&mut self) -> Option<f64> {
        if self.0.is_empty() || self.skip("Z") || self.skip("z") {
            return Some(0.0);
        }
        let sign = match self.skip("+") {
            true => 1.0,
            false => self.skip("-").then_some(-1.0)?,
        };
        let hours = self.digits(2)?;
        self.skip(":");
        let minutes = self.digits(2)?;
        (hours < 24 && minutes < 60).then_some(sign * (hours as f64 * HOUR + minutes as f64 * MINUTE))
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days of the years before, counted from March so that a leap day ends its year, in eras of 400 years.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    year.div_euclid(400) * 146_097 + day_of_era - 719_468
}

/// The other way round: year, month and day of a day since 1970.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12 + 1;
    let year = year_of_era + days.div_euclid(146_097) * 400;
    (if month <= 2 { year + 1 } else { year }, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        for (text, span) in [
            ("", 0.0),
            ("  ", 0.0),
            ("-", 0.0),
            ("2 hr", 2.0 * HOUR),
            (
                "1y2mo3w4d5h6m7s",
                365.0 * DAY + 60.0 * DAY + 21.0 * DAY + 4.0 * DAY + 5.0 * HOUR + 6.0 * MINUTE + 7.0 * SECOND,
            ),
            (" - 1 Day 12 HOURS ", -1.5 * DAY),
            ("+1min 30sec", 90.0 * SECOND),
        ] {
            assert_eq!(parse_span(text), Some(span), "{text:?}");
        }
        for text in
            ["1", "day", "1s 1y", "1d 1d", "1 fortnight", "1.5 h", "--1d", "1d -1h", "1 d x", "١d", "1 mm"]
        {
            assert_eq!(parse_span(text), None, "{text:?}");
        }
    }

    #[test]
    fn instants_go_there_and_back() {
        for text in [
            "1970-01-01T00:00:00.000Z",
            "2017-01-19T16:27:20.974Z",
            "2000-02-29T23:59:59.999Z",
            "1969-12-31T23:59:59.999Z",
            "0000-03-01T00:00:00.000Z",
            "+275760-09-13T00:00:00.000Z",
            "-271821-04-20T00:00:00.000Z",
        ] {
            assert_eq!(parse_instant(text).and_then(format_instant).as_deref(), Some(text));
        }
        for day in (-800_000..800_000).step_by(37) {
            let (year, month, date) = civil_from_days(day);
            assert_eq!(days_from_civil(year, month, date), day);
        }
    }

    #[test]
    fn instants_are_iso_8601() {
        for (text, same) in [
            ("2017-01-19", "2017-01-19T00:00:00.000Z"),
            ("2017", "2017-01-01T00:00:00.000Z"),
            ("2017-01-19T16:27Z", "2017-01-19T16:27:00.000Z"),
            ("2017-01-19 16:27:20", "2017-01-19T16:27:20.000Z"),
            ("2017-01-19T16:27:20.9745678+01:30", "2017-01-19T14:57:20.974Z"),
            ("2017-01-19t16:27:20.5-0800", "2017-01-20T00:27:20.500Z"),
            ("2017-01-19T24:00:00Z", "2017-01-20T00:00:00.000Z"),
        ] {
            assert_eq!(parse_instant(text).and_then(format_instant).as_deref(), Some(same), "{text}");
        }
        for text in [
            "",
            "now",
            "2017-13-01",
            "2017-02-29",
            "2017-00-01",
            "2017-01-19T",
            "2017-01-19T25:00Z",
            "2017-01-19T16Z",
            "2017-01-19T16:60Z",
            "2017-01-19T16:27:20.Z",
            "2017-01-19T16:27:20Zz",
            "-000000-01-01",
            "é017-01-01",
        ] {
            assert_eq!(parse_instant(text), None, "{text}");
        }
        assert_eq!(format_instant(FARTHEST + 1.0), None);
        assert_eq!(format_instant(f64::NAN), None);
    }
}
