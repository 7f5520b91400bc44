//! Which schemas are refused, and how payloads come out.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{TriggerSchema, default_trigger_schema};
use crate::schema::joined;

mod defaults;
mod hostile;
mod lint;

fn compile(schema: &Value) -> TriggerSchema {
    TriggerSchema::compile(schema).unwrap_or_else(|error| panic!("{schema}: {error}"))
}

/// What is wrong with a payload, or the empty text.
fn complaint(schema: &Value, payload: Value) -> String {
    compile(schema).apply(payload).map_or_else(|violations| joined(&violations), |_| String::new())
}

#[test]
fn default_schema_takes_the_empty_object_only() {
    let schema = compile(&default_trigger_schema());
    assert_eq!(schema.apply(json!({})), Ok(json!({})));
    let violations = schema.apply(json!({"a": "secret"})).unwrap_err();
    assert_eq!(joined(&violations), "data must NOT have additional properties");
    assert_eq!(violations[0].additional_property.as_deref(), Some("a"));
}

#[test]
fn can_be_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<TriggerSchema>();
}

/// Each line of the table is a schema, a payload, and what Ajv 8.20 with ajv-formats 3.0 says of it
/// (`allErrors`, joined as Taskcluster's hooks service joins them).
#[test]
fn speaks_like_ajv() {
    let cases = include_str!("../../testdata/ajv-texts.jsonl");
    for line in cases.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        assert_eq!(complaint(&case["schema"], case["payload"].clone()), case["says"], "{line}");
    }
    assert!(cases.lines().count() > 250);
}

#[test]
fn at_most_fifty_violations_are_told() {
    let schema = compile(&json!({"items": {"type": "string"}}));
    let violations = schema.apply(json!(vec![1; 5000])).unwrap_err();
    assert_eq!(violations.len(), 50);
    assert_eq!(violations[49].path, "/49");
}

#[test]
fn no_text_has_a_value_of_the_payload() {
    let secret = "hunter2";
    let schemas = [
        json!({"type": "number"}),
        json!({"const": "a"}),
        json!({"enum": ["a", "b"]}),
        json!({"enum": ["a"]}),
        json!({"pattern": "^a"}),
        json!({"format": "date"}),
        json!({"minLength": 50}),
        json!({"maxLength": 1}),
        json!({"not": {"type": "string"}}),
        json!({"anyOf": [{"const": 1}, {"format": "uuid"}]}),
        json!({"oneOf": [{"type": "string"}, {"minLength": 1}]}),
        json!(false),
    ];
    for schema in schemas {
        for schema in [
            schema.clone(),
            json!({"items": schema}),
            json!({"properties": {"password": schema}}),
            json!({"contains": schema}),
        ] {
            for payload in [json!(secret), json!([secret, secret]), json!({"password": secret})] {
                let says = complaint(&schema, payload.clone());
                assert!(!says.contains(secret), "{schema}: {says}");
            }
        }
    }
}

const WORDS: &[&str] = &[
    "type",
    "object",
    "string",
    "integer",
    "properties",
    "items",
    "additionalItems",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "$ref",
    "#",
    "#/definitions/a",
    "definitions",
    "a",
    "default",
    "required",
    "dependencies",
    "pattern",
    "^a",
    "(",
    "format",
    "date",
    "int32",
    "enum",
    "const",
    "contains",
    "propertyNames",
    "patternProperties",
    "additionalProperties",
    "uniqueItems",
    "minimum",
    "multipleOf",
    "nullable",
    "$id",
    "#a",
    "$schema",
    "http://json-schema.org/draft-04/schema#",
    "https://json-schema.org/draft/2020-12/schema",
    "prefixItems",
    "unevaluatedProperties",
    "dependentRequired",
    "$dynamicRef",
    "$anchor",
];

/// Any JSON value, with the words of JSON Schema as keys and strings.
fn any_json() -> impl Strategy<Value = Value> {
    let word = proptest::sample::select(WORDS).prop_map(str::to_owned);
    let leaf = prop_oneof![
        word.clone().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        (-3i64..9).prop_map(Value::from),
        Just(json!(0.5)),
        Just(json!(null)),
    ];
    leaf.prop_recursive(6, 48, 5, move |inner| {
        let members = proptest::collection::vec((word.clone(), inner.clone()), 0..5);
        prop_oneof![
            1 => proptest::collection::vec(inner, 0..4).prop_map(Value::from),
            2 => members.prop_map(Value::from_iter),
        ]
    })
}

/// A schema that is mostly right, with something foreign in one place.
fn mutated_schema() -> impl Strategy<Value = Value> {
    let cases = include_str!("../../testdata/ajv-texts.jsonl");
    let schema = |line| serde_json::from_str::<Value>(line).unwrap()["schema"].clone();
    let schemas: Vec<Value> = cases.lines().map(schema).collect();
    (proptest::sample::select(schemas), any_json(), any::<prop::sample::Index>()).prop_map(
        |(mut schema, foreign, place)| {
            let mut left = place.index(40);
            put(&mut schema, &foreign, &mut left);
            schema
        },
    )
}

/// Puts `foreign` at the `left`th place of a document, if it has that many.
fn put(document: &mut Value, foreign: &Value, left: &mut usize) {
    if *left == 0 {
        *document = foreign.clone();
    }
    *left = left.wrapping_sub(1);
    let below: Box<dyn Iterator<Item = &mut Value>> = match document {
        Value::Array(items) => Box::new(items.iter_mut()),
        Value::Object(members) => Box::new(Map::values_mut(members)),
        _ => return,
    };
    for value in below {
        if *left > 1000 {
            return;
        }
        put(value, foreign, left);
    }
}

/// A payload, nested as deep as is allowed once in a while.
fn any_payload() -> impl Strategy<Value = Value> {
    let wrap = |(leaf, key, levels): (Value, &str, usize)| {
        (0..levels).fold(leaf, |inner, _| if key.is_empty() { json!([inner]) } else { json!({key: inner}) })
    };
    let key = proptest::sample::select(&["", "a", "items"][..]);
    let levels = prop_oneof![4 => Just(0usize), 1 => 110usize..124];
    (any_json(), key, levels).prop_map(wrap)
}

proptest! {
    #[test]
    fn nothing_panics(schema in prop_oneof![any_json(), mutated_schema()], payload in any_payload()) {
        match TriggerSchema::compile(&schema) {
            Err(error) => prop_assert!(!error.findings.is_empty()),
            Ok(schema) => {
                // What was filled in and found valid stays so.
                if let Ok(filled) = schema.apply(payload) {
                    prop_assert!(filled.to_string().len() < 1 << 21);
                }
            }
        }
    }
}
