use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{kind, run};
use crate::cds::{Cause, Config};

fn kafka(value: &[u8]) -> Cause {
    (kind("Kafka").of_message)(Value::from(STANDARD.encode(value)))
}

fn told(name: &str, cause: &Cause) -> Result<Value, String> {
    (kind(name).payload)(&Config::default(), cause)
        .map(|payload| json!(run(payload)))
        .map_err(|error| error.to_string())
}

#[test]
fn messages_of_kafka_tell_what_they_say() {
    let cases: [(&[u8], Value); 8] = [
        (br#"{"A": {"b": 1}}"#, json!({"a.b": "1", "payload": r#"{"A": {"b": 1}}"#})),
        (b"[1]", json!({"0": "1", "payload": "[1]"})),
        (br#"{"a": "{\"b\": 1}"}"#, json!({"a.b": "1", "payload": r#"{"a": "{\"b\": 1}"}"#})),
        (b"hello", json!({"payload": "hello"})),
        (b"5", json!({"payload": "5"})),
        (b"", json!({"payload": ""})),
        (b"\xff", json!({"payload": "\u{fffd}"})),
        (br#"{"payload": 1}"#, json!({"payload": r#"{"payload": 1}"#})),
    ];
    for (value, expected) in cases {
        assert_eq!(told("Kafka", &kafka(value)), Ok(expected), "{value:?}");
    }
    let error = told("Kafka", &Cause::Kafka { message: "!".into() }).unwrap_err();
    assert!(error.starts_with("the message must be base64, and is not: "), "{error}");
    let deep = "[".repeat(200);
    let error = told("Kafka", &kafka(deep.as_bytes())).unwrap_err();
    assert_eq!(error, "the message can't be made a payload: it is nested more than 128 deep");
}

#[test]
fn a_message_of_kafka_that_is_not_as_agreed_is_told_as_json() {
    let cause = (kind("Kafka").of_message)(json!({"a": 1}));
    assert_eq!(told("Kafka", &cause), Ok(json!({"a": "1", "payload": r#"{"a":1}"#})));
}

#[test]
fn messages_of_rabbitmq_tell_what_they_say() {
    let cases = [
        (json!({"A": {"b": [1]}}), json!({"a.b.b0": "1", "payload": r#"{"A":{"b":[1]}}"#})),
        (json!(["x"]), json!({"0": "x", "payload": r#"["x"]"#})),
        (json!("x"), json!({"payload": "\"x\""})),
        (json!(null), json!({"payload": "null"})),
        (json!({"a": "[true]"}), json!({"a.a0": "true", "payload": r#"{"a":"[true]"}"#})),
    ];
    for (message, expected) in cases {
        let cause = (kind("RabbitMQ").of_message)(message.clone());
        assert_eq!(told("RabbitMQ", &cause), Ok(expected), "{message}");
    }
}
