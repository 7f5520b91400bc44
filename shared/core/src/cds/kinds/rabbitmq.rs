//! `RabbitMQ`: the workflow runs for each message of an exchange, with what the message says.
//!
//! `exchange_name` and `binding_key` are the binding, and `exchange_type` what the key means. CDS consumes a queue, with a tag
//! of its own; here the bridge to the broker has one for all, and `queue` and `consumer_tag` have no meaning. Who triggered
//! it is not told, as CDS doesn't.

use super::entries::other_cause;
use super::{Cause, Config, InvalidConfig, KindOf, Payload, PayloadError, Wakes, json};
use crate::hook::Binding;

/// See the module.
pub(super) static RABBITMQ: KindOf = KindOf {
    name: "RabbitMQ",
    model: "RabbitMQ hook",
    has_url: false,
    of_broker: true,
    wakes,
    admit: |_, _, _| Ok(()),
    event_id: |_| None,
    of_message: |message| Cause::RabbitMq { message: message.to_string() },
    payload,
};

fn wakes(config: &Config) -> Result<Wakes, InvalidConfig> {
    let exchange = config.required("exchange_name")?;
    let binding = Binding { exchange: exchange.to_owned(), routing_key_pattern: pattern(config)? };
    Ok(Wakes { bindings: vec![binding], ..Wakes::default() })
}

/// The topic pattern that takes what an exchange of that type would.
fn pattern(config: &Config) -> Result<String, InvalidConfig> {
    let key = config.get("binding_key");
    match config.get("exchange_type").unwrap_or("topic") {
        "topic" => Ok(key.unwrap_or("#").to_owned()),
        "fanout" => Ok("#".to_owned()),
        "direct" if key.is_some_and(|key| key.split('.').any(|word| matches!(word, "*" | "#"))) => {
            let problem = "must have no words * or #, which mean themselves to a direct exchange";
            Err(InvalidConfig::new("binding_key", problem))
        }
        "direct" => Ok(key.unwrap_or("#").to_owned()),
        other => {
            let problem = format!("must be topic, direct or fanout, and is {other:?}");
            Err(InvalidConfig::new("exchange_type", problem))
        }
    }
}

fn payload(_: &Config, cause: &Cause) -> Result<Payload, PayloadError> {
    let Cause::RabbitMq { message } = cause else {
        return Err(other_cause("RabbitMQ", "messages of its exchange", cause));
    };
    Ok(json::of_message(message.clone())?.run())
}
