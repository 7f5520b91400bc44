use serde_json::{Value, json};

use super::compile;

fn filled(schema: &Value, payload: Value) -> Value {
    compile(schema).apply(payload).unwrap_or_else(|violations| panic!("{schema}: {violations:?}"))
}

/// Each line of the table is a schema, a payload, and the payload as Ajv 8.20 with `useDefaults` leaves it.
#[test]
fn fills_in_what_ajv_fills_in() {
    let cases = include_str!("../../../testdata/ajv-defaults.jsonl");
    for line in cases.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        assert_eq!(filled(&case["schema"], case["payload"].clone()), case["filled"], "{line}");
    }
    assert!(cases.lines().count() > 40);
}

#[test]
fn defaults_come_before_everything_else_looks() {
    // Ajv looks with `allOf` and `if` first and refuses these.
    let schema = json!({"allOf": [{"required": ["a"]}], "properties": {"a": {"default": 1}}});
    assert_eq!(filled(&schema, json!({})), json!({"a": 1}));
    let schema = json!({
        "properties": {"kind": {"default": "x"}},
        "if": {"properties": {"kind": {"const": "x"}}, "required": ["kind"]},
        "then": {"properties": {"size": {"default": 1}}},
    });
    assert_eq!(filled(&schema, json!({})), json!({"kind": "x", "size": 1}));
}

#[test]
fn endless_defaults_end_in_an_error() {
    let schemas = [
        json!({"properties": {"a": {"$ref": "#", "default": {}}}}),
        json!({"properties": {"a": {"$ref": "#", "default": {}}, "b": {"$ref": "#", "default": {}}}}),
        json!({"items": [{"$ref": "#", "default": []}]}),
    ];
    for schema in schemas {
        let payload = if schema.get("items").is_some() { json!([]) } else { json!({}) };
        let violations = compile(&schema).apply(payload).unwrap_err();
        assert_eq!(
            violations[0].message, "must NOT nest deeper than 128 levels with its defaults",
            "{schema}"
        );
    }
}

#[test]
fn defaults_add_at_most_a_mebibyte() {
    let schema = compile(&json!({"items": {"properties": {"a": {"default": "x".repeat(50_000)}}}}));
    assert!(schema.apply(json!(vec![json!({}); 20])).is_ok());
    let violations = schema.apply(json!(vec![json!({}); 21])).unwrap_err();
    assert_eq!(violations[0].message, "must NOT have more than 1048576 bytes of defaults added");
}

#[test]
fn a_default_must_be_valid_too() {
    let schema = json!({"properties": {"a": {"type": "string", "default": 1}}});
    let violations = compile(&schema).apply(json!({})).unwrap_err();
    assert_eq!(violations[0].to_string(), "data/a must be string");
}
