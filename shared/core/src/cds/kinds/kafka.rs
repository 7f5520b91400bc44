//! `Kafka`: the workflow runs for each message of a topic, with what the message says.
//!
//! The messages come as those of the exchange `kafka/<integration>/<topic>`, the integration being the name that CDS has for the
//! cluster: config `integration`, `platform` in earlier releases, `default` where neither is there. Who triggered it
//! is not told, as CDS doesn't.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::entries::other_cause;
use super::{Cause, Config, InvalidConfig, KindOf, Payload, PayloadError, Wakes, json};
use crate::cds::kafka::{DEFAULT_INTEGRATION, exchange};
use crate::hook::Binding;

/// See the module.
pub(super) static KAFKA: KindOf = KindOf {
    name: "Kafka",
    model: "Kafka hook",
    has_url: false,
    of_broker: false,
    wakes,
    admit: |_, _, _| Ok(()),
    event_id: |_| None,
    of_message,
    payload,
};

fn wakes(config: &Config) -> Result<Wakes, InvalidConfig> {
    let topic = config.required("topic")?;
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if topic.len() > 249 || !topic.chars().all(legal) {
        let problem =
            "must be the name of a topic: at most 249 letters, digits, dots, underscores and hyphens";
        return Err(InvalidConfig::new("topic", problem));
    }
    let cluster = config.get("integration").or(config.get("platform")).unwrap_or(DEFAULT_INTEGRATION);
    let binding = Binding { exchange: exchange(cluster, topic), routing_key_pattern: "#".to_owned() };
    Ok(Wakes { bindings: vec![binding], ..Wakes::default() })
}

/// A value is any bytes: in a message it is their base64.
fn of_message(message: Value) -> Cause {
    match message {
        Value::String(message) => Cause::Kafka { message },
        // Not as it is agreed; told as the JSON that it is.
        other => Cause::Kafka { message: STANDARD.encode(other.to_string()) },
    }
}

fn payload(_: &Config, cause: &Cause) -> Result<Payload, PayloadError> {
    let Cause::Kafka { message } = cause else {
        return Err(other_cause("Kafka", "messages of its topic", cause));
    };
    let value = STANDARD
        .decode(message)
        .map_err(|error| PayloadError(format!("the message must be base64, and is not: {error}")))?;
    Ok(json::of_message(json::text_of(&value))?.run())
}
