use serde_json::{Value, json};

use super::super::{MAX_BYTES, TriggerSchema};
use super::compile;

fn refusal(schema: &Value) -> String {
    let error = TriggerSchema::compile(schema).expect_err(&schema.to_string());
    let text = error.to_string();
    let lines = text.strip_prefix("triggerSchema is not a valid JSON schema:\n * ");
    lines.expect("how every refusal starts").replace("\n * ", " | ")
}

#[test]
fn refusals_name_the_place() {
    let cases = [
        // What is no schema.
        (json!([]), "triggerSchema: must be boolean or object"),
        (json!("x"), "triggerSchema: must be boolean or object"),
        (json!(null), "triggerSchema: must be boolean or object"),
        (json!({"properties": {"a": 1}}), "triggerSchema/properties/a: must be boolean or object"),
        (
            json!({"type": "text"}),
            "triggerSchema/type: must be one of [\"array\",\"boolean\",\"integer\",\"null\",\"number\",\"object\",\"string\"] or must be array",
        ),
        (json!({"required": "a"}), "triggerSchema/required: must be array"),
        (json!({"minLength": -1}), "triggerSchema/minLength: must be >= 0"),
        (json!({"minLength": -1, "typo": 1}), "triggerSchema/minLength: must be >= 0"),
        (json!({"allOf": []}), "triggerSchema/allOf: must NOT have fewer than 1 items"),
        // Dialects.
        (
            json!({"$schema": "http://example.com/mine"}),
            "triggerSchema/$schema: must be the address of JSON Schema's draft-04, draft-06, draft-07, 2019-09 or 2020-12 (or absent: draft-07)",
        ),
        (json!({"prefixItems": [{}]}), "triggerSchema: unknown keyword \"prefixItems\""),
        (
            json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "additionalItems": false}),
            "triggerSchema: unknown keyword \"additionalItems\"",
        ),
        (
            json!({"$schema": "http://json-schema.org/draft-04/schema#", "const": 1}),
            "triggerSchema: unknown keyword \"const\"",
        ),
        (json!({"id": "x"}), "triggerSchema: unknown keyword \"id\""),
        // Keywords and formats.
        (json!({"propertis": {}}), "triggerSchema: unknown keyword \"propertis\""),
        (
            json!({"properties": {"a/b": {"x": 1, "y": 2}}}),
            "triggerSchema/properties/a~1b: unknown keyword \"x\" | triggerSchema/properties/a~1b: unknown keyword \"y\"",
        ),
        (
            json!({"items": [{}, {"format": "colour"}]}),
            "triggerSchema/items/1/format: unknown format \"colour\"",
        ),
        (json!({"enum": []}), "triggerSchema/enum: must have at least one allowed value"),
        (
            json!({"$ref": "#/definitions/a", "definitions": {"a": {"typo": 1}}}),
            "triggerSchema/definitions/a: unknown keyword \"typo\"",
        ),
        // Patterns.
        (
            json!({"properties": {"a": {"pattern": "("}}}),
            "triggerSchema/properties/a/pattern: must match format \"regex\"",
        ),
        (
            json!({"pattern": "(?=a)b"}),
            "triggerSchema/pattern: \"(?=a)b\" uses look-around or a back-reference; patterns are matched in linear time, without those",
        ),
        (
            json!({"pattern": "(a)\\1"}),
            "triggerSchema/pattern: \"(a)\\1\" uses look-around or a back-reference; patterns are matched in linear time, without those",
        ),
        (
            json!({"patternProperties": {"^(?!x)": {}}}),
            "triggerSchema/patternProperties: \"^(?!x)\" uses look-around or a back-reference; patterns are matched in linear time, without those",
        ),
        (
            json!({"pattern": "((a{100}){100}){100}"}),
            "triggerSchema/pattern: \"((a{100}){100}){100}\" is not a regular expression, or too large a one",
        ),
        // References.
        (
            json!({"$ref": "#/definitions/a"}),
            "triggerSchema/$ref: \"#/definitions/a\" refers to nothing in this schema",
        ),
        (
            json!({"properties": {"a": {"$ref": "#a"}}}),
            "triggerSchema/properties/a/$ref: \"#a\" refers to nothing in this schema",
        ),
        (
            json!({"$ref": "http://169.254.169.254/latest"}),
            "triggerSchema/$ref: \"http://169.254.169.254/latest\" is not a reference into this schema; no other is ever fetched",
        ),
        (
            json!({"$ref": "file:///etc/passwd"}),
            "triggerSchema/$ref: \"file:///etc/passwd\" is not a reference into this schema; no other is ever fetched",
        ),
        (
            json!({"$ref": "other.json#/a"}),
            "triggerSchema/$ref: \"other.json#/a\" is not a reference into this schema; no other is ever fetched",
        ),
        (
            json!({"properties": {"a": {"$id": "http://example.com/a"}}}),
            "triggerSchema/properties/a/$id: only the whole schema can have an id; refer to this one by its place or an anchor",
        ),
        (
            json!({"$ref": "#"}),
            "triggerSchema: refers to itself at the same place of the payload, without end",
        ),
        (
            json!({"allOf": [{"anyOf": [{"$ref": "#/allOf/0"}]}]}),
            "triggerSchema/allOf/0: refers to itself at the same place of the payload, without end",
        ),
    ];
    for (schema, expected) in cases {
        assert_eq!(refusal(&schema), expected, "{schema}");
    }
}

#[test]
fn what_ajv_takes_is_taken() {
    let schemas = [
        json!(true),
        json!({}),
        json!({"title": "t", "description": "d", "$comment": "c", "examples": [1], "default": {}, "deprecated": true,
               "readOnly": true, "writeOnly": true, "contentEncoding": "base64", "contentMediaType": "text/plain"}),
        json!({"definitions": {"unused": {"anything": "goes", "example": 1}}}),
        json!({"enum": [{"$ref": "#/nowhere", "typo": 1}], "const": {"typo": 1}, "default": {"typo": 1}}),
        json!({"properties": {"$ref": {"type": "string"}, "format": {"type": "string"}, "typo": {}}}),
        json!({"properties": {"a": {"$ref": "#/properties/b"}, "b": {"$ref": "#/properties/c"}, "c": {}}}),
        json!({"pattern": "^.{1,1000}$"}),
        json!({"pattern": "^[\\w.-]+@[\\w-]+\\.\\p{L}{2,}$"}),
    ];
    schemas.iter().for_each(|schema| drop(compile(schema)));
}

#[test]
fn large_and_deep_schemas_are_refused() {
    let long = json!({"description": "x".repeat(MAX_BYTES)});
    assert_eq!(refusal(&long), "triggerSchema: has 65554 bytes; at most 65536 are allowed");
    let deep = (0..70).fold(json!({}), |inner, _| json!({"items": {"not": inner}}));
    assert_eq!(refusal(&deep), "triggerSchema: nests deeper than 128 levels");
}

#[test]
fn patterns_behind_references_are_checked_too() {
    let bad = json!({"pattern": "(?=a)b"});
    let cases = [
        json!({"properties": {"a": {"$ref": "#/definitions/x"}}, "definitions": {"x": bad}}),
        json!({"properties": {"a": {"$ref": "#/definitions/x"}}, "definitions": {"x": {"items": [{"$ref": "#/definitions/y"}]}, "y": {"properties": {"b": bad, "c": {"$ref": "#"}}}}}),
    ];
    for schema in cases {
        assert!(refusal(&schema).contains("uses look-around"), "{schema}");
    }
}
