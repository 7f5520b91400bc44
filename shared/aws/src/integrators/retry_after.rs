//! When a server says to come again.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// What a `Retry-After` says, in seconds or as a date, that came so long after a request that was sent `sent`; None where it says
/// neither. What is over is at once.
pub(super) fn read(text: &str, sent: Timestamp, after: Duration) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    // The only form of a date that HTTP's senders may make is one of RFC 2822's.
    let at = DateTimeParser::new().parse_timestamp(text).ok()?;
    let now = sent.saturating_add(after).ok()?;
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates() {
        let sent: Timestamp = "2026-11-27T14:00:00Z".parse().unwrap();
        let after = Duration::from_secs(2);
        for (text, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Fri, 27 Nov 2026 14:01:00 GMT", Some(58)),
            ("Fri, 27 Nov 2026 13:59:00 GMT", Some(0)),
            ("Fri, 27 Nov 2026 14:00:01 GMT", Some(0)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
            ("Thu, 27 Nov 2026 14:01:00 GMT", None),
        ] {
            assert_eq!(read(text, sent, after), seconds.map(Duration::from_secs), "{text:?}");
        }
    }
}
