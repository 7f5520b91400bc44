//! JSON-e's official cases, as they come with the published crate, on our engine: results, and errors where they say which.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on stops and says why")]

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Map, Value};
use treble_jsone::{Context, ErrorKind, Limits, Template};
use yaml_rust2::{Yaml, YamlLoader};

/// The cases of json-e 4.8.4; fewer would mean that we lost some on the way.
const CASES: usize = 1175;
/// What the cases take for the present.
const NOW: &str = "2017-01-19T16:27:20.974Z";

static OFFICIAL: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let text = std::fs::read_to_string(specification()).unwrap();
    let documents = YamlLoader::load_from_str(&text).unwrap();
    documents.iter().map(json).filter(|case| case.get("template").is_some()).collect()
});

#[test]
fn official_cases_pass() {
    assert_eq!(OFFICIAL.len(), CASES);
    let failures: Vec<String> = OFFICIAL.iter().filter_map(failure).collect();
    assert!(failures.is_empty(), "{} of {CASES} fail:\n{}", failures.len(), failures.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Official cases with changes here and there: all of them end, within limits, in the same way each time.
    #[test]
    fn mutated_cases_end(case: Index, changes in prop::collection::vec(any::<[Index; 4]>(), 1..6)) {
        let case = case.get(&OFFICIAL);
        let mut template = case["template"].clone();
        changes.iter().for_each(|change| mutate(&mut template, change));
        let limits = Limits { steps: 20_000, bytes: 500_000, ..Limits::default() };
        let empty = Map::new();
        let context = Context::new(NOW).with_object(case["context"].as_object().unwrap_or(&empty));
        let compiled = Template::compile(&template).unwrap();
        let outcome = compiled.render(&context, &limits);
        prop_assert_eq!(&outcome, &compiled.render(&context, &limits));
        if let Err(error) = outcome {
            prop_assert!(error.kind() != ErrorKind::Syntax || compiled.defects().contains(&error));
        }
    }
}

/// Changes a template somewhere: goes inwards by chance, then replaces, or cuts a text and puts another's end in.
fn mutate(value: &mut Value, [place, donor, cut, end]: &[Index; 4]) {
    let deeper = cut.index(8) != 0;
    match value {
        Value::Array(items) if deeper && !items.is_empty() => {
            let index = place.index(items.len());
            mutate(&mut items[index], &[*donor, *place, *end, *cut]);
        }
        Value::Object(object) if deeper && !object.is_empty() => {
            let index = place.index(object.len());
            if let Some(inner) = object.values_mut().nth(index) {
                mutate(inner, &[*donor, *place, *end, *cut]);
            }
        }
        Value::String(text) if deeper => {
            let other = donor.get(&OFFICIAL)["template"].to_string();
            let head: String = text.chars().take(cut.index(text.chars().count() + 1)).collect();
            let tail = other.chars().skip(end.index(other.chars().count()));
            *text = head.chars().chain(tail).collect();
        }
        _ => *value = donor.get(&OFFICIAL)["template"].clone(),
    }
}

/// What is wrong with how a case went, if something is.
fn failure(case: &Value) -> Option<String> {
    let empty = Map::new();
    let context = Context::new(NOW).with_object(case["context"].as_object().unwrap_or(&empty));
    let limits = Limits::default();
    let outcome =
        Template::compile(&case["template"]).and_then(|template| template.render(&context, &limits));
    let passed = match (&outcome, case.get("error")) {
        (Err(error), Some(Value::String(expected))) => error.to_string() == *expected,
        (Err(_), Some(_)) => true,
        (Ok(result), None) => case.get("result").is_some_and(|expected| same(result.as_ref(), expected)),
        _ => false,
    };
    (!passed).then(|| format!("{case}\n  gave {outcome:?}"))
}

/// Whether a result is as expected: nothing is null, and 2.0 is 2.
fn same(result: Option<&Value>, expected: &Value) -> bool {
    match (result.unwrap_or(&Value::Null), expected) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(Some(a), b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(Some(a), b)))
        }
        (a, b) => a == b,
    }
}

/// Where the package of the published crate keeps its cases.
fn specification() -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "json-e").unwrap();
    PathBuf::from(package["manifest_path"].as_str().unwrap()).with_file_name("specification.yml")
}

fn json(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::Null => Value::Null,
        Yaml::Boolean(value) => (*value).into(),
        Yaml::Integer(number) => (*number).into(),
        Yaml::Real(text) => text.parse::<f64>().unwrap().into(),
        Yaml::String(text) => text.as_str().into(),
        Yaml::Array(items) => items.iter().map(json).collect(),
        Yaml::Hash(entries) => {
            entries.iter().map(|(key, value)| (key.as_str().unwrap().to_owned(), json(value))).collect()
        }
        Yaml::Alias(_) | Yaml::BadValue => panic!("not JSON: {yaml:?}"),
    }
}
