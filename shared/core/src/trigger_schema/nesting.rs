//! How deep a JSON value nests, and how many there are in it.

use serde_json::Value;

/// Whether arrays and objects stand inside each other more than `levels` deep.
pub(super) fn is_deeper_than(value: &Value, levels: usize) -> bool {
    let below = |value: &Value| levels == 0 || is_deeper_than(value, levels - 1);
    match value {
        Value::Array(items) => levels == 0 || items.iter().any(below),
        Value::Object(members) => levels == 0 || members.values().any(below),
        _ => false,
    }
}

/// How many values there are in a value, itself included.
pub(super) fn values(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().fold(1, |sum, item| sum + values(item)),
        Value::Object(members) => members.values().fold(1, |sum, member| sum + values(member)),
        _ => 1,
    }
}
