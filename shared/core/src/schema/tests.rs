use serde_json::{Value, json};

use super::{Dialect, Schema, SchemaError, Violation, joined, listed};

fn violations(schema: &Value, value: &Value) -> Vec<Violation> {
    Schema::compile(schema).unwrap().validate(value).unwrap_err()
}

/// A request body's text, as Taskcluster's services put it together.
#[test]
fn request_bodies_name_the_additional_property() {
    let schema = json!({
        "type": "object",
        "required": ["metadata"],
        "properties": {
            "metadata": {"type": "object", "additionalProperties": false, "properties": {"name": {}}},
            "schedule": {"type": "array", "items": {"type": "string"}, "uniqueItems": true},
        },
    });
    let missing = violations(&schema, &json!({}));
    assert_eq!(listed(&missing), "  * data must have required property 'metadata'");
    let body = json!({"metadata": {"zz": 1, "q\"": 2}, "schedule": ["0 0 * * *", "0 0 * * *"]});
    assert_eq!(
        listed(&violations(&schema, &body)),
        "  * data/metadata must NOT have additional properties: \"zz\"\n  \
           * data/metadata must NOT have additional properties: \"q\\\"\"\n  \
           * data/schedule must NOT have duplicate items (items ## 1 and 0 are identical)"
    );
    assert!(
        joined(&violations(&schema, &body))
            .starts_with("data/metadata must NOT have additional properties; ")
    );
}

#[test]
fn dialects_go_by_their_names() {
    let cases = [
        (json!({}), Some(Dialect::Draft07)),
        (json!(true), Some(Dialect::Draft07)),
        (json!({"$schema": "http://json-schema.org/draft-04/schema#"}), Some(Dialect::Draft04)),
        (json!({"$schema": "http://json-schema.org/draft-06/schema"}), Some(Dialect::Draft07)),
        (json!({"$schema": "http://json-schema.org/draft-07/schema#"}), Some(Dialect::Draft07)),
        (json!({"$schema": "https://json-schema.org/draft/2019-09/schema"}), Some(Dialect::Draft201909)),
        (json!({"$schema": "https://json-schema.org/draft/2020-12/schema"}), Some(Dialect::Draft202012)),
        (json!({"$schema": "http://json-schema.org/draft-05/schema#"}), None),
        (json!({"$schema": "https://example.com/schemas/mine.json"}), None),
    ];
    for (schema, dialect) in cases {
        assert_eq!(Dialect::of(&schema), dialect, "{schema}");
        assert_eq!(Schema::compile(&schema).ok().map(|schema| schema.dialect()), dialect);
    }
}

#[test]
fn what_is_no_schema_is_refused() {
    assert!(matches!(Schema::compile(&json!({"$schema": "x:y"})), Err(SchemaError::UnknownDialect)));
    let invalid = Schema::compile(&json!({"properties": {"a": {"minimum": "1"}}})).unwrap_err();
    assert_eq!(invalid.to_string(), "data/properties/a/minimum must be number");
    let remote = Schema::compile(&json!({"$ref": "http://example.com/x"})).unwrap_err();
    assert!(matches!(remote, SchemaError::Compile { .. }), "{remote}");
}

#[test]
fn numbers_in_texts_are_javascripts() {
    let cases = [
        (json!(3.0), "3"),
        (json!(1e21), "1e+21"),
        (json!(123456789012345680000.0), "123456789012345680000"),
        (json!(2.5e-7), "2.5e-7"),
        (json!(0.000001), "0.000001"),
        (json!(-0.0), "0"),
        (json!(9007199254740993i64), "9007199254740992"),
    ];
    for (limit, text) in cases {
        let says = joined(&violations(&json!({"exclusiveMinimum": limit}), &json!(-1e300)));
        assert_eq!(says, format!("data must be > {text}"));
    }
}
