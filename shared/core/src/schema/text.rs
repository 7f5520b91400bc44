//! What Ajv 8 says for each kind of error.

use std::collections::HashMap;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

use super::normalize::WRITTEN_TYPE;
use super::trace::Trace;

/// The text for an error that isn't a group of others. None has a value of the instance in it.
pub(super) fn text(error: &ValidationError<'_>, trace: &Trace<'_>) -> String {
    match error.kind() {
        Kind::AdditionalItems { limit } => format!("must NOT have more than {limit} items"),
        Kind::AdditionalProperties { .. } => "must NOT have additional properties".to_owned(),
        Kind::AnyOf { .. } => "must match a schema in anyOf".to_owned(),
        Kind::OneOfMultipleValid { .. } | Kind::OneOfNotValid { .. } => {
            "must match exactly one schema in oneOf".to_owned()
        }
        Kind::Constant { .. } => "must be equal to constant".to_owned(),
        Kind::Contains => contains(trace.schema),
        Kind::Custom { message, .. } => message.clone(),
        Kind::Enum { .. } => "must be equal to one of the allowed values".to_owned(),
        Kind::ExclusiveMaximum { limit } => format!("must be < {}", number(limit)),
        Kind::ExclusiveMinimum { limit } => format!("must be > {}", number(limit)),
        Kind::Maximum { limit } => format!("must be <= {}", number(limit)),
        Kind::Minimum { limit } => format!("must be >= {}", number(limit)),
        Kind::MultipleOf { multiple_of } => format!("must be multiple of {}", float(*multiple_of)),
        Kind::FalseSchema => "boolean schema is false".to_owned(),
        Kind::Format { format } => format!("must match format \"{format}\""),
        Kind::MaxItems { limit } => format!("must NOT have more than {limit} items"),
        Kind::MinItems { limit } => format!("must NOT have fewer than {limit} items"),
        Kind::MaxLength { limit } => format!("must NOT have more than {limit} characters"),
        Kind::MinLength { limit } => format!("must NOT have fewer than {limit} characters"),
        Kind::MaxProperties { limit } => format!("must NOT have more than {limit} properties"),
        Kind::MinProperties { limit } => format!("must NOT have fewer than {limit} properties"),
        Kind::Not { .. } => "must NOT be valid".to_owned(),
        Kind::Pattern { pattern } => format!("must match pattern \"{pattern}\""),
        Kind::PropertyNames { .. } => "property name must be valid".to_owned(),
        Kind::Required { property } => {
            format!("must have required property '{}'", property.as_str().unwrap_or_default())
        }
        Kind::Type { .. } => format!("must be {}", types(trace.schema)),
        Kind::UnevaluatedItems { unexpected } => {
            let items = error.instance().as_array().map_or(0, Vec::len);
            format!("must NOT have more than {} items", items.saturating_sub(unexpected.len()))
        }
        Kind::UnevaluatedProperties { .. } => "must NOT have unevaluated properties".to_owned(),
        Kind::UniqueItems => duplicates(error.instance(), trace.schema),
        Kind::BacktrackLimitExceeded { .. }
        | Kind::RegexEngineFailure { .. }
        | Kind::ContentEncoding { .. }
        | Kind::ContentMediaType { .. }
        | Kind::FromUtf8 { .. }
        | Kind::Referencing(_) => format!("must match \"{}\"", error.kind().keyword()),
    }
}

/// The text for an error of a metaschema, whose place in it says nothing to the author of a schema.
pub(super) fn untraced(error: &ValidationError<'_>) -> String {
    let nowhere = Trace::start(&Value::Null);
    match error.kind() {
        Kind::Type { kind } => format!("must be {}", expected(kind)),
        Kind::AnyOf { context } if !context.is_empty() => {
            let branches = context.iter().filter_map(|branch| branch.first()).map(untraced);
            let branches: Vec<String> = branches.collect();
            branches.join(" or ")
        }
        Kind::Enum { options } => format!("must be one of {options}"),
        _ => text(error, &nowhere),
    }
}

fn expected(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(single) => single.to_string(),
        TypeKind::Multiple(several) => {
            let names: Vec<String> = several.iter().map(|name| name.to_string()).collect();
            names.join(" or ")
        }
    }
}

/// The text of `dependencies` and `dependentRequired` for one property of theirs.
pub(super) fn dependency(property: &str, needed: &[&str]) -> String {
    let noun = if needed.len() == 1 { "property" } else { "properties" };
    format!("must have {noun} {} when property {property} is present", needed.join(", "))
}

fn types(schema: &Value) -> String {
    match schema.get(WRITTEN_TYPE).or_else(|| schema.get("type")) {
        Some(Value::String(single)) => single.clone(),
        Some(Value::Array(several)) => {
            let names: Vec<&str> = several.iter().filter_map(Value::as_str).collect();
            names.join(",")
        }
        _ => "of another type".to_owned(),
    }
}

fn contains(schema: &Value) -> String {
    let limit = |keyword| schema.get(keyword).map(number);
    let least = limit("minContains").unwrap_or_else(|| "1".to_owned());
    match limit("maxContains") {
        Some(most) => format!("must contain at least {least} and no more than {most} valid item(s)"),
        None => format!("must contain at least {least} valid item(s)"),
    }
}

/// Ajv names one pair of equal items. Which one depends on how it searches: through an index of the values when
/// the items are known to be scalars, and by comparing all pairs otherwise, both from the end.
fn duplicates(instance: &Value, schema: &Value) -> String {
    let items = instance.as_array().map(Vec::as_slice).unwrap_or_default();
    let keys: Vec<String> = items.iter().map(identity).collect();
    let pair = if has_scalar_items(schema) { later_twin(&keys) } else { earlier_twin(&keys) };
    let (j, i) = pair.unwrap_or((0, 0));
    format!("must NOT have duplicate items (items ## {j} and {i} are identical)")
}

fn has_scalar_items(schema: &Value) -> bool {
    let scalar = |name: &Value| !matches!(name.as_str(), None | Some("object" | "array"));
    match schema.get("items").and_then(|items| items.get("type")) {
        Some(Value::Array(several)) => several.iter().all(scalar),
        Some(single) => scalar(single),
        None => false,
    }
}

/// The last item that equals a later one, with the nearest of those first.
fn later_twin(keys: &[String]) -> Option<(usize, usize)> {
    let mut seen = HashMap::new();
    let mut from_the_end = keys.iter().enumerate().rev();
    from_the_end.find_map(|(i, key)| seen.insert(key, i).map(|j| (j, i)))
}

/// The last item that equals an earlier one, with the nearest of those first.
fn earlier_twin(keys: &[String]) -> Option<(usize, usize)> {
    let mut seen = HashMap::new();
    let pairs = keys.iter().enumerate();
    pairs.filter_map(|(i, key)| seen.insert(key, i).map(|j| (j, i))).last()
}

/// Equal for values that JSON Schema takes as equal: 1 and 1.0, and objects with their keys in any order.
fn identity(value: &Value) -> String {
    match value {
        Value::Number(_) => number(value),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(identity).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| {
                format!("{}:{}", Value::from(key.as_str()), identity(value))
            };
            let mut entries: Vec<String> = map.iter().map(entry).collect();
            entries.sort_unstable();
            format!("{{{}}}", entries.join(","))
        }
        scalar => scalar.to_string(),
    }
}

/// A number as JavaScript prints it.
fn number(value: &Value) -> String {
    value.as_f64().map_or_else(|| value.to_string(), float)
}

fn float(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    if (1e-6..1e21).contains(&number.abs()) {
        return number.to_string();
    }
    let text = format!("{number:e}");
    match text.split_once('e') {
        Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
        _ => text,
    }
}
