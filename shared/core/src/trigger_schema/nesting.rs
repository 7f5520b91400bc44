//! How deep a JSON value nests.

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
