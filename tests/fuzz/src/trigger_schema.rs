//! Trigger schemas: a schema and a payload, a line of JSON each.
//!
//! What is refused says where and why; what passes has all that the payload had, matches the schema also for who fills in
//! no defaults, and is the same each time.

use serde_json::Value;
use treble_core::schema::Schema;
use treble_core::trigger_schema::TriggerSchema;

use crate::input::{joined, json_lines, table, table_of_lines};

/// The most violations that are told.
const TOLD: usize = 50;

/// See the module.
pub fn check(input: &[u8]) -> bool {
    let Some([schema, payload]) = json_lines(input) else { return false };
    let compiled = match TriggerSchema::compile(&schema) {
        Ok(compiled) => compiled,
        Err(error) => {
            assert!((1..=TOLD).contains(&error.findings.len()), "{error:?}");
            assert!(!error.to_string().is_empty());
            return false;
        }
    };
    let applied = compiled.apply(payload.clone());
    assert_eq!(compiled.apply(payload.clone()), applied);
    let plain = Schema::compile(&schema).expect("a schema that compiled with its defaults");
    match applied {
        Ok(filled) => {
            assert!(extends(&filled, &payload), "{payload} became {filled}");
            assert_eq!(plain.validate(&filled), Ok(()));
        }
        Err(violations) => {
            assert!((1..=TOLD).contains(&violations.len()), "{violations:?}");
            assert!(violations.iter().all(|violation| violation.to_string().starts_with("data")));
        }
    }
    true
}

/// Whether a value is another one with more in it.
fn extends(filled: &Value, payload: &Value) -> bool {
    match (filled, payload) {
        (Value::Object(filled), Value::Object(payload)) => {
            payload.iter().all(|(key, value)| filled.get(key).is_some_and(|filled| extends(filled, value)))
        }
        (Value::Array(filled), Value::Array(payload)) => {
            filled.len() >= payload.len()
                && filled.iter().zip(payload).all(|(filled, value)| extends(filled, value))
        }
        _ => filled == payload,
    }
}

/// The schemas of the wire-level table, and of Ajv's own answers.
pub fn seeds() -> Vec<Vec<u8>> {
    let refused = table(include_str!("../../cases/schemas.json"));
    let alone = refused.iter().map(|case| joined([case[1].to_string(), "{}".to_owned()]));
    let defaults = table_of_lines(include_str!("../../../shared/core/testdata/ajv-defaults.jsonl"));
    let texts = table_of_lines(include_str!("../../../shared/core/testdata/ajv-texts.jsonl")).step_by(3);
    let both =
        defaults.chain(texts).map(|case| joined([case["schema"].to_string(), case["payload"].to_string()]));
    alone.chain(both).filter(|seed| seed.len() < 2000).collect()
}
