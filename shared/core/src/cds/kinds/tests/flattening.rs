use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::flatten::{MAX_BYTES, MAX_DEPTH, MAX_VALUES, Texts, TooLarge, flatten};
use super::entries;

#[test]
fn documents_become_texts_by_name() {
    let cases = [
        (json!({}), json!({})),
        (json!([]), json!({})),
        (json!(null), json!({})),
        (json!("text"), json!({})),
        (json!(5), json!({})),
        (json!({"a": "b"}), json!({"a": "b"})),
        (json!({"A": {"bC": "D"}}), json!({"a.bc": "D"})),
        (json!({"a": {}, "b": [], "c": [{}]}), json!({})),
        (json!({"a": null, "b": ""}), json!({"a": "", "b": ""})),
        (json!({"a": true, "b": false}), json!({"a": "true", "b": "false"})),
        (json!({"a": 1, "b": -2.5, "c": 1e30}), json!({"a": "1", "b": "-2.5", "c": "1e+30"})),
        (json!({"a": [1, "x"]}), json!({"a.a0": "1", "a.a1": "x"})),
        (json!({"a": [[1], [2, 3]]}), json!({"a.a0.a00": "1", "a.a1.a10": "2", "a.a1.a11": "3"})),
        (json!({"A": [{"B": [1]}]}), json!({"a.a0.b.b0": "1"})),
        (json!([1, {"a": 2}]), json!({"0": "1", "1.a": "2"})),
        (json!([[1]]), json!({"0.00": "1"})),
        (json!({"a b/c:d": 1}), json!({"a_b_c_d": "1"})),
        (json!({"a.b": [1], "": 2}), json!({"a.b.a.b0": "1"})),
        (json!({"É": 1, "ΑΣ": 2}), json!({"é": "1", "ασ": "2"})),
        // Of names that become the same the first counts.
        (json!({"A": 1, "a": 2}), json!({"a": "1"})),
        (json!({"a": {"b": 1}, "a.b": 2}), json!({"a.b": "1"})),
        (json!({"a": "[1]"}), json!({"a": "[1]"})),
    ];
    for (document, expected) in cases {
        assert_eq!(flatten(&document, Texts::Stay), Ok(entries(expected)), "{document}");
    }
}

#[test]
fn json_in_texts_of_messages_is_read() {
    let cases = [
        (json!({"a": "{\"B\": 1}"}), json!({"a.b": "1"})),
        (json!({"a": "[1, 2]"}), json!({"a.a0": "1", "a.a1": "2"})),
        (json!({"a": " [\"{\\\"b\\\": 1}\"]"}), json!({"a.a0.b": "1"})),
        (
            json!({"a": "5", "b": "true", "c": "{", "d": "[1"}),
            json!({"a": "5", "b": "true", "c": "{", "d": "[1"}),
        ),
    ];
    for (document, expected) in cases {
        assert_eq!(flatten(&document, Texts::AreRead), Ok(entries(expected)), "{document}");
    }
}

#[test]
fn documents_are_bounded() {
    let long = "n".repeat(MAX_BYTES / 100);
    let mut deep = json!(1);
    for _ in 0..=MAX_DEPTH {
        deep = json!([deep]);
    }
    // Nothing comes of empty arrays but the work of naming them.
    let nothing: Vec<Value> = vec![json!([]); 200];
    let cases = [
        (json!(vec![0; MAX_VALUES]), None),
        (json!(vec![0; MAX_VALUES + 1]), Some(TooLarge::Values)),
        (json!({ "a": "x".repeat(MAX_BYTES - 2) }), None),
        (json!({ "a": "x".repeat(MAX_BYTES - 1) }), Some(TooLarge::Bytes)),
        (json!({ &long: nothing }), Some(TooLarge::Bytes)),
        (json!({ &long: vec![0; 100] }), Some(TooLarge::Bytes)),
        (deep, Some(TooLarge::Depth)),
    ];
    for (document, error) in cases {
        assert_eq!(flatten(&document, Texts::AreRead).err(), error);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner.clone()), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
            inner.prop_map(|value| Value::String(value.to_string())),
        ]
    })
}

fn leaves(document: &Value) -> usize {
    match document {
        Value::Array(elements) => elements.iter().map(leaves).sum(),
        Value::Object(members) => members.values().map(leaves).sum(),
        _ => 1,
    }
}

proptest! {
    #[test]
    fn names_are_in_lower_case_and_not_more_than_values(document in any_json()) {
        let flat = flatten(&document, Texts::Stay).unwrap();
        prop_assert!(flat.len() <= leaves(&document));
        flatten(&document, Texts::AreRead).unwrap();
        for name in flat.keys() {
            let lower: String = name.chars().flat_map(char::to_lowercase).collect();
            prop_assert_eq!(name, &lower);
            prop_assert!(!name.is_empty() && !name.contains([' ', '/', ':']));
        }
    }

    #[test]
    fn any_text_is_read_or_not(text in "[\\[\\]{}\",:0-9a \\\\]{0,200}") {
        if let Ok(Some(document)) = super::super::json::read(&text) {
            flatten(&document, Texts::AreRead).unwrap();
        }
    }
}
