//! A broker's delivery as a message of ours.

use jiff::{SignedDuration, Timestamp};
use lapin::BasicProperties;
use lapin::message::Delivery;
use lapin::types::AMQPValue;
use serde_json::Value;
use treble_core::pulse::PulseMessage;
use treble_core::trace::{TRACEPARENT, TraceContext};
use uuid::Uuid;

/// A publisher's timestamp counts if it is no farther from ours: a clock that is wrong by more, or a unit that is not seconds, would
/// create tasks long past their deadlines.
const MAX_SKEW: SignedDuration = SignedDuration::from_hours(24);

/// The message that was delivered at `now`.
///
/// With a message id of its publisher's it is the same message, and fires the same tasks, however often it is
/// delivered; without one each delivery is a message of its own.
pub(crate) fn message(delivery: &Delivery, now: Timestamp) -> PulseMessage {
    let properties = &delivery.properties;
    let id = properties.message_id().as_ref().map(|id| id.as_str()).filter(|id| !id.is_empty());
    let (payload, unreadable) = match serde_json::from_slice(&delivery.data) {
        Ok(payload) => (payload, None),
        Err(error) => (Value::Null, Some(format!("the message's body is no JSON: {error}"))),
    };
    PulseMessage {
        id: id.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned),
        exchange: delivery.exchange.as_str().to_owned(),
        routing_key: delivery.routing_key.as_str().to_owned(),
        cc: cc(properties),
        received: id.and_then(|_| published(properties, now)).unwrap_or(now),
        payload,
        unreadable,
        trace: trace(properties),
    }
}

/// The same without its payload, which is too large: its hooks are told.
pub(crate) fn without_payload(message: PulseMessage, reason: String) -> PulseMessage {
    PulseMessage { payload: Value::Null, unreadable: Some(reason), ..message }
}

/// The keys in the header `CC`. What is no text is no key.
fn cc(properties: &BasicProperties) -> Vec<String> {
    let Some(AMQPValue::FieldArray(keys)) = header(properties, "CC") else {
        return Vec::new();
    };
    keys.as_slice().iter().filter_map(text).map(str::to_owned).collect()
}

/// The trace in the header `traceparent`.
fn trace(properties: &BasicProperties) -> Option<TraceContext> {
    TraceContext::from_traceparent(text(header(properties, TRACEPARENT)?)?)
}

fn header<'a>(properties: &'a BasicProperties, name: &str) -> Option<&'a AMQPValue> {
    properties.headers().as_ref()?.inner().get(name)
}

fn text(value: &AMQPValue) -> Option<&str> {
    match value {
        AMQPValue::LongString(text) => std::str::from_utf8(text.as_bytes()).ok(),
        AMQPValue::ShortString(text) => Some(text.as_str()),
        _ => None,
    }
}

/// When the publisher says that it published: the same at each delivery.
fn published(properties: &BasicProperties, now: Timestamp) -> Option<Timestamp> {
    let seconds = i64::try_from((*properties.timestamp())?).ok()?;
    let published = Timestamp::from_second(seconds).ok()?;
    (now.duration_since(published).abs() <= MAX_SKEW).then_some(published)
}

#[cfg(test)]
mod tests {
    use lapin::types::{FieldArray, FieldTable};
    use serde_json::json;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn delivered(properties: BasicProperties, body: &str) -> PulseMessage {
        let mut delivery = Delivery::mock(1, "e".into(), "a.b".into(), false, body.into());
        delivery.properties = properties;
        message(&delivery, at(0))
    }

    #[test]
    fn a_delivery_is_a_message() {
        let mut headers = FieldTable::default();
        let keys = vec![AMQPValue::LongString("route.x".into()), AMQPValue::Boolean(true)];
        headers.insert("CC".into(), AMQPValue::FieldArray(FieldArray::from(keys)));
        let properties = BasicProperties::default().with_headers(headers).with_message_id("7".into());
        let message = delivered(properties, r#"{"a": 1}"#);
        assert_eq!((message.exchange.as_str(), message.routing_key.as_str()), ("e", "a.b"));
        assert_eq!((message.id.as_str(), message.cc), ("7", vec!["route.x".to_owned()]));
        assert_eq!((message.payload, message.unreadable), (json!({"a": 1}), None));
    }

    #[test]
    fn a_publisher_may_tell_of_a_trace() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        for (header, read) in [
            (AMQPValue::LongString(good.into()), Some(good)),
            (AMQPValue::LongString("00-x".into()), None),
            (AMQPValue::LongInt(7), None),
        ] {
            let mut headers = FieldTable::default();
            headers.insert("traceparent".into(), header);
            let message = delivered(BasicProperties::default().with_headers(headers), "1");
            assert_eq!(message.trace.map(|trace| trace.to_string()).as_deref(), read);
        }
    }

    #[test]
    fn without_an_id_each_delivery_is_a_message() {
        for properties in [BasicProperties::default(), BasicProperties::default().with_message_id("".into())]
        {
            let ids = [delivered(properties.clone(), "1").id, delivered(properties, "1").id];
            assert!(ids[0] != ids[1] && !ids[0].is_empty(), "{ids:?}");
        }
    }

    #[test]
    fn the_publishers_time_counts_within_reason() {
        let id = BasicProperties::default().with_message_id("7".into());
        for (published, received) in [
            (1_800_000_000 - 60, at(-60)),
            (1_800_000_000 + 60, at(60)),
            (1_800_000_000_000, at(0)),
            (0, at(0)),
            (u64::MAX, at(0)),
        ] {
            assert_eq!(
                delivered(id.clone().with_timestamp(published), "1").received,
                received,
                "{published}"
            );
        }
        let anonymous = BasicProperties::default().with_timestamp(1_800_000_000 - 60);
        assert_eq!(delivered(anonymous, "1").received, at(0));
    }

    #[test]
    fn what_is_no_json_is_told() {
        for body in ["", "{", "\u{feff}1", &"[".repeat(1000)] {
            let unreadable = delivered(BasicProperties::default(), body).unreadable.unwrap();
            assert!(unreadable.starts_with("the message's body is no JSON: "), "{unreadable}");
        }
    }
}
