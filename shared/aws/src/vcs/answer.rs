//! What all providers' answers have: whether they went well, how often one may ask, and moments.

use aws_smithy_types::date_time::Format;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use treble_core::cds::poll::{EventPage, SourceError};

use super::unreadable;
use crate::http::Reply;

/// As much of a provider's words is told, in characters.
const MESSAGE_CHARS: usize = 200;

/// The answer without its events, if it went well.
pub(super) fn checked(reply: &Reply, now: Timestamp) -> Result<EventPage, SourceError> {
    let exhausted_until = exhausted_until(reply, now);
    match reply.status {
        200 | 304 => Ok(EventPage {
            not_modified: reply.status == 304,
            etag: reply.header("etag").map(str::to_owned),
            not_before: seconds(reply, "x-poll-interval").map(|seconds| after(now, seconds)),
            exhausted_until,
            ..EventPage::default()
        }),
        // GitHub says 403 as well, for more than an hour allows, and for too much at once.
        status @ (403 | 429)
            if status == 429
                || exhausted_until.is_some()
                || reply.retry_after.is_some()
                || is_secondary(reply) =>
        {
            let until = retry_after(reply, now).max(exhausted_until);
            Err(SourceError::Limited { status, until })
        }
        status @ (500..) => {
            Err(SourceError::Unavailable { reason: format!("it answered {status}"), source: None })
        }
        status => Err(SourceError::Refused { status, message: message(reply) }),
    }
}

/// GitHub's secondary limit may tell no moment.
fn is_secondary(reply: &Reply) -> bool {
    message(reply).to_ascii_lowercase().contains("rate limit")
}

/// When requests are taken again, where this was the last one for now.
fn exhausted_until(reply: &Reply, now: Timestamp) -> Option<Timestamp> {
    ["x-ratelimit", "ratelimit"].into_iter().find_map(|prefix| {
        let remaining = seconds(reply, &format!("{prefix}-remaining"))?;
        let reset = seconds(reply, &format!("{prefix}-reset"))?;
        // A moment, or how long to wait: no moment is within a year of 1970.
        let until =
            if reset < 366 * 86_400 { after(now, reset) } else { Timestamp::from_second(reset).ok()? };
        (remaining == 0 && until > now).then_some(until)
    })
}

/// When the answer asks to come again: seconds or a date, by RFC 9110, section 10.2.3.
fn retry_after(reply: &Reply, now: Timestamp) -> Option<Timestamp> {
    let text = reply.retry_after.as_deref()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(after(now, seconds.into()));
    }
    let date = aws_smithy_types::DateTime::from_str(text, Format::HttpDate).ok()?;
    Timestamp::from_second(date.secs()).ok()
}

fn seconds(reply: &Reply, header: &str) -> Option<i64> {
    reply.header(header)?.trim().parse().ok()
}

fn after(now: Timestamp, seconds: i64) -> Timestamp {
    let wait = SignedDuration::from_secs(seconds.clamp(0, 86_400));
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// The provider's own words: each has another place for them.
fn message(reply: &Reply) -> String {
    let body = reply.json().unwrap_or_default();
    let places = ["/message", "/error/message", "/errors/0/message", "/error"];
    let words =
        places.into_iter().find_map(|place| body.pointer(place)?.as_str()).unwrap_or("no reason given");
    words.chars().filter(|char| !char.is_control()).take(MESSAGE_CHARS).collect()
}

/// The elements of a list.
pub(super) fn elements(list: Value) -> Result<Vec<Value>, SourceError> {
    match list {
        Value::Array(elements) => Ok(elements),
        _ => Err(unreadable("there is no list in it")),
    }
}

/// The elements in `values`, and the rest.
pub(super) fn values(mut page: Value) -> Result<(Vec<Value>, Value), SourceError> {
    let values = page.get_mut("values").map(Value::take).unwrap_or_default();
    Ok((elements(values)?, page))
}

/// An id that grows: a number, as such or as a text.
pub(super) fn growing_id(event: &Value) -> Result<i64, SourceError> {
    let id = event.get("id").unwrap_or(&Value::Null);
    let number = id.as_i64().or_else(|| id.as_str()?.parse().ok());
    number.ok_or_else(|| unreadable("an event's id is no number"))
}

/// A moment as a text, where it is one.
pub(super) fn moment(event: &Value, place: &str) -> Option<Timestamp> {
    event.pointer(place)?.as_str()?.parse().ok()
}
