//! Schemas that are small and would cost a lot.

use serde_json::{Map, Value, json};

use super::super::{Problem, TriggerSchema};
use super::compile;

/// `definitions` of which each refers to the next one in the way that `link` makes.
fn chain(length: usize, link: impl Fn(Value) -> Value) -> Value {
    let next = |index: usize| json!({"$ref": format!("#/definitions/d{}", index + 1)});
    let entry =
        |index: usize| (format!("d{index}"), if index == length { json!({}) } else { link(next(index)) });
    let definitions: Map<String, Value> = (0..=length).map(entry).collect();
    json!({"$ref": "#/definitions/d0", "definitions": definitions})
}

fn problem(schema: &Value) -> Problem {
    TriggerSchema::compile(schema).expect_err("too much work").findings.remove(0).problem
}

#[test]
fn exponential_expansions_are_refused_quickly() {
    let twice = |next: Value| json!({"allOf": [next, next]});
    assert_eq!(problem(&chain(26, twice)), Problem::LongChain);
    compile(&chain(7, twice));
    let deeper = |next: Value| json!({"properties": {"a": next, "b": next}});
    assert_eq!(problem(&chain(12, deeper)), Problem::TooManySubschemas);
    compile(&chain(10, deeper));
    assert_eq!(problem(&chain(500, deeper)), Problem::TooManySubschemas);
}

#[test]
fn long_chains_are_refused() {
    assert_eq!(problem(&chain(1000, |next| next)), Problem::LongChain);
    assert_eq!(problem(&chain(40, |next| json!({"not": next}))), Problem::LongChain);
    compile(&chain(15, |next| next));
}

#[test]
fn recursion_is_taken_where_it_follows_the_payload() {
    let json_value = json!({"anyOf": [
        {"type": ["string", "number", "boolean", "null"]},
        {"type": "array", "items": {"$ref": "#"}},
        {"type": "object", "additionalProperties": {"$ref": "#"}},
    ]});
    let tree =
        json!({"properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}, "additionalProperties": false});
    let lists =
        json!({"properties": {"kids": {"items": {"$ref": "#"}}, "tags": {"items": {"type": "string"}}}});
    let mutual = json!({"$ref": "#/definitions/a", "definitions": {
        "a": {"properties": {"b": {"$ref": "#/definitions/b"}}},
        "b": {"properties": {"a": {"$ref": "#/definitions/a"}, "b": {"$ref": "#/definitions/b"}}},
    }});
    for schema in [json_value, tree, lists, mutual] {
        compile(&schema);
    }
}

#[test]
fn recursion_that_multiplies_is_refused() {
    let again = json!({"$ref": "#"});
    let cases = [
        json!({"additionalProperties": {"allOf": [again, again]}}),
        json!({"items": again, "contains": again}),
        json!({"properties": {"a": again}, "patternProperties": {"^a": again}}),
        json!({"allOf": [{"items": again}, {"items": again}]}),
        json!({"anyOf": [{"properties": {"a": again}}, {"properties": {"a": {"not": again}}}]}),
        json!({"properties": {"a": again}, "anyOf": [{"additionalProperties": again}]}),
    ];
    for schema in cases {
        assert_eq!(problem(&schema), Problem::BranchingRecursion, "{schema}");
    }
    // A recursion within a recursion within a recursion: 128³ / 6 looks at the deepest part.
    let nested = chain(3, |next| json!({"items": {"allOf": [next]}}));
    compile(&nested);
    let within = |index: usize| {
        let (own, next) = (format!("#/definitions/d{index}"), format!("#/definitions/d{}", index + 1));
        json!({"items": {"allOf": [{"$ref": own}, {"$ref": next}]}})
    };
    let nested = json!({"$ref": "#/definitions/d0", "definitions": {
        "d0": within(0), "d1": within(1), "d2": within(2), "d3": {"items": {"$ref": "#/definitions/d3"}},
    }});
    assert_eq!(problem(&nested), Problem::TooManySubschemas);
}

/// The deepest evaluation that is let through fits a thread's stack.
#[test]
fn the_deepest_evaluation_fits_the_stack() {
    let depth = 128;
    let mut schema = chain(7, |next| json!({"allOf": [next]}));
    let last = json!({"properties": {"a": {"$ref": "#"}}, "additionalProperties": {"type": "string"}});
    schema["definitions"]["d7"] = last;
    let payload = |leaf: Value| (1..depth).fold(leaf, |inner, _| json!({"a": inner}));
    let schema = compile(&schema);
    schema.apply(payload(json!({"b": "x"}))).unwrap();
    let violations = schema.apply(payload(json!({"b": 1}))).unwrap_err();
    assert!(violations[0].path.ends_with("/a/a/b"));
    let too_deep = json!({"a": payload(json!({}))});
    let violations = schema.apply(json!({"a": too_deep})).unwrap_err();
    assert_eq!(violations[0].message, "must NOT nest deeper than 128 levels");
}

/// The validator copies the payload into each branch's errors.
#[test]
fn many_branches_and_a_large_payload_are_told_in_short() {
    let branches: Vec<Value> = (0..1000).map(|index| json!({"required": [format!("p{index}")]})).collect();
    let schema = compile(&json!({"anyOf": branches}));
    let small = schema.apply(json!({})).unwrap_err();
    assert_eq!(small.len(), 50);
    let large = schema.apply(json!({"x": "x".repeat(100_000)})).unwrap_err();
    assert_eq!(large.len(), 1);
    assert_eq!(large[0].message, "must match the schema; it is too large to say where it doesn't");
}

/// A payload with many mistakes costs no more than one with a few.
#[test]
fn of_very_many_violations_one_is_told() {
    let schema = compile(&json!({"items": {"type": "string"}}));
    let violations = schema.apply(json!(vec![1; 175_000])).unwrap_err();
    assert_eq!(violations.len(), 1);
    assert_eq!(violations[0].to_string(), "data/0 must be string");
}

/// A large schema may look at a small payload, and a small one at a large payload; both at once is too much.
#[test]
fn a_large_schema_looks_at_no_large_payload() {
    let each: Vec<Value> = (0..2400).map(|index| json!({"not": {"const": index}})).collect();
    let schema = compile(&json!({"items": {"allOf": each}}));
    schema.apply(json!(vec!["x"; 100])).unwrap();
    let violations = schema.apply(json!(vec!["x"; 100_000])).unwrap_err();
    assert!(violations[0].message.starts_with("must have fewer values: "), "{}", violations[0].message);
    compile(&json!({"items": {"type": "string"}})).apply(json!(vec!["x"; 100_000])).unwrap();
}
