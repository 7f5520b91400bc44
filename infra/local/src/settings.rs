//! The values of options that are more than text.

use std::str::FromStr;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use serde_json::Value;
use treble_aws::http::{InvalidRootUrl, RootUrl};
use treble_core::gate::AddressRules;
use treble_core::hook::is_group_id;

/// Why an option's value is none.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidSetting {
    #[error("must be a moment in the future, e.g. 2030-01-01T00:00:00Z, or a time from now, e.g. 30d or 12h")]
    Expiry,
    #[error("must be a moment, e.g. 2026-11-27T00:00:00Z, or a time before now, e.g. 2h or 3d")]
    Since,
    #[error("must be public or any")]
    Addresses,
    #[error("must be a time, e.g. 90s, 10m or 2h")]
    Duration,
    #[error("must be 22 to 66 letters, digits, - and _")]
    AccessToken,
    #[error("must be a hookGroupId: 1 to 1000 letters, digits, - and _")]
    Group,
    #[error("must be NAME=TEXT, or NAME:=JSON for what is no text, e.g. name=Ada or count:=3")]
    Field,
}

/// A deployment's root URL: without a slash at the end.
pub(crate) fn root_url(text: &str) -> Result<String, InvalidRootUrl> {
    text.parse::<RootUrl>().map(|url| url.to_string())
}

/// A moment in the past.
pub(crate) fn since(text: &str) -> Result<Timestamp, InvalidSetting> {
    before(text, Timestamp::now())
}

fn before(text: &str, now: Timestamp) -> Result<Timestamp, InvalidSetting> {
    if let Ok(moment) = text.parse() {
        return Ok(moment);
    }
    let span = text.parse::<Span>().ok().filter(|span| !span.is_negative()).ok_or(InvalidSetting::Since)?;
    let moment = now.to_zoned(TimeZone::UTC).checked_sub(span).map_err(|_| InvalidSetting::Since)?;
    Ok(moment.timestamp())
}

/// Where integrators may be.
pub(crate) fn addresses(text: &str) -> Result<AddressRules, InvalidSetting> {
    match text {
        "public" => Ok(AddressRules::Public),
        "any" => Ok(AddressRules::Local),
        _ => Err(InvalidSetting::Addresses),
    }
}

/// A time, as people write it.
pub(crate) fn duration(text: &str) -> Result<Duration, InvalidSetting> {
    let parsed = text.parse::<SignedDuration>().ok().and_then(|parsed| Duration::try_from(parsed).ok());
    parsed.ok_or(InvalidSetting::Duration)
}

/// When a client expires.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expiry {
    /// At a moment.
    At(Timestamp),
    /// Some time from now.
    In(Span),
}

impl FromStr for Expiry {
    type Err = InvalidSetting;

    fn from_str(text: &str) -> Result<Self, InvalidSetting> {
        let moment = text.parse().map(Self::At);
        let expiry = moment.or_else(|_| text.parse().map(Self::In)).map_err(|_| InvalidSetting::Expiry)?;
        match expiry {
            Self::In(span) if !span.is_positive() => Err(InvalidSetting::Expiry),
            expiry => Ok(expiry),
        }
    }
}

impl Expiry {
    /// The moment, seen from `now`: in the future.
    pub(crate) fn after(self, now: Timestamp) -> Result<Timestamp, InvalidSetting> {
        let moment = match self {
            Self::At(moment) => moment,
            Self::In(span) => {
                now.to_zoned(TimeZone::UTC).checked_add(span).map_err(|_| InvalidSetting::Expiry)?.timestamp()
            }
        };
        if moment > now { Ok(moment) } else { Err(InvalidSetting::Expiry) }
    }
}

/// The access token of a client, when it is chosen: what fits a URL and a Hawk header, and is long enough to
/// be as hard to guess as a random one.
pub(crate) fn access_token(text: &str) -> Result<String, InvalidSetting> {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if plain && (22..=66).contains(&text.len()) {
        Ok(text.to_owned())
    } else {
        Err(InvalidSetting::AccessToken)
    }
}

/// A group of hooks.
pub(crate) fn group(text: &str) -> Result<String, InvalidSetting> {
    if is_group_id(text) { Ok(text.to_owned()) } else { Err(InvalidSetting::Group) }
}

/// A property of a payload.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) value: Value,
}

impl FromStr for Field {
    type Err = InvalidSetting;

    fn from_str(text: &str) -> Result<Self, InvalidSetting> {
        let (name, value) = text.split_once('=').ok_or(InvalidSetting::Field)?;
        let (name, value) = match name.strip_suffix(':') {
            Some(name) => (name, serde_json::from_str(value).map_err(|_| InvalidSetting::Field)?),
            None => (name, Value::from(value)),
        };
        if name.is_empty() { Err(InvalidSetting::Field) } else { Ok(Self { name: name.to_owned(), value }) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields() {
        let cases = [
            ("name=Ada", Some(("name", json!("Ada")))),
            ("name=", Some(("name", json!("")))),
            ("a=b=c", Some(("a", json!("b=c")))),
            ("n:=3", Some(("n", json!(3)))),
            ("n:=[1, {}]", Some(("n", json!([1, {}])))),
            ("n=:=3", Some(("n", json!(":=3")))),
            ("n:=three", None),
            ("=x", None),
            ("n", None),
        ];
        for (text, expected) in cases {
            let field = text.parse::<Field>().ok().map(|field| (field.name, field.value));
            assert_eq!(field, expected.map(|(name, value)| (name.to_owned(), value)), "{text}");
        }
    }

    #[test]
    fn moments_in_the_past() {
        let now: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let cases = [
            ("2h", Some("2026-11-21T08:00:00Z")),
            ("3d 1h", Some("2026-11-18T09:00:00Z")),
            ("2026-01-01T00:00:00+01:00", Some("2025-12-31T23:00:00Z")),
            ("-2h", None),
            ("99999y", None),
            ("yesterday", None),
        ];
        for (text, expected) in cases {
            assert_eq!(before(text, now).ok(), expected.map(|moment| moment.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn expiries() {
        let now: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let cases = [
            ("30d", Some("2026-12-21T10:00:00Z")),
            ("1 year 12h", Some("2027-11-21T22:00:00Z")),
            ("2027-01-01T00:00:00Z", Some("2027-01-01T00:00:00Z")),
            ("2026-01-01T00:00:00Z", None),
            ("-30d", None),
            ("0s", None),
            ("99999y", None),
            ("soon", None),
        ];
        for (text, expected) in cases {
            let moment = text.parse().and_then(|expiry: Expiry| expiry.after(now)).ok();
            assert_eq!(moment, expected.map(|moment| moment.parse().unwrap()), "{text}");
        }
    }
}
