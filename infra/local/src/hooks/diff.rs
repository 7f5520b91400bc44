//! What a change of a definition changes.

use serde_json::{Map, Value};
use similar::TextDiff;

use crate::output::{Failure, Styled, plain, style, yaml};

/// So many lines around a change tell where it is.
const CONTEXT: usize = 3;

/// The lines of YAML that differ, in the unified format; empty where none do.
pub(super) fn unified(before: &Value, after: &Value) -> Result<String, Failure> {
    let (before, after) = (yaml::text(&aligned(before, after))?, yaml::text(after)?);
    Ok(TextDiff::from_lines(&before, &after).unified_diff().context_radius(CONTEXT).to_string())
}

/// The same value with the order of the other's properties: order makes no difference.
fn aligned(value: &Value, like: &Value) -> Value {
    match (value, like) {
        (Value::Object(members), Value::Object(like)) => {
            let known = like
                .iter()
                .filter_map(|(key, like)| members.get(key).map(|value| (key.clone(), aligned(value, like))));
            let mut aligned: Map<String, Value> = known.collect();
            for (key, value) in members {
                aligned.entry(key).or_insert_with(|| value.clone());
            }
            Value::Object(aligned)
        }
        (Value::Array(items), Value::Array(like)) => {
            let aligned = |(index, item)| {
                like.get(index).map_or_else(|| Value::clone(item), |like| aligned(item, like))
            };
            Value::Array(items.iter().enumerate().map(aligned).collect())
        }
        (value, _) => value.clone(),
    }
}

/// A diff as a terminal shows it, indented.
pub(super) fn styled(diff: &str) -> String {
    let line = |line: &str| {
        let style = match line.as_bytes().first() {
            Some(b'+') => style::GOOD,
            Some(b'-') => style::BAD,
            Some(b'@') => style::DIM,
            _ => anstyle::Style::new(),
        };
        format!("    {}", Styled(style, plain(line)))
    };
    diff.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn order_is_no_difference() {
        let (before, after) =
            (json!({"b": [{"d": 1, "c": 2}], "a": 1}), json!({"a": 1, "b": [{"c": 2, "d": 1}]}));
        assert_eq!(unified(&before, &after).unwrap(), "");
    }

    #[test]
    fn changes_are_lines() {
        let (before, after) = (json!({"a": "x\ny\n", "b": 1, "gone": 0}), json!({"a": "x\nz\n", "b": 1}));
        let diff = unified(&before, &after).unwrap();
        let changed: Vec<_> = diff.lines().filter(|line| line.starts_with(['+', '-'])).collect();
        assert_eq!(changed, ["-  y", "+  z", "-gone: 0"], "{diff}");
    }
}
