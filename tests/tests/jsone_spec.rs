//! JSON-e's official cases, as they come with the published crate, on our engine: results, and errors where they say which.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on stops and says why")]

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Map, Value};
use treble_jsone::{Context, Limits, Template};
use yaml_rust2::{Yaml, YamlLoader};

/// The cases of json-e 4.8.4; fewer would mean that we lost some on the way.
const CASES: usize = 1175;
/// What the cases take for the present.
const NOW: &str = "2017-01-19T16:27:20.974Z";

#[test]
fn official_cases_pass() {
    let text = std::fs::read_to_string(specification()).unwrap();
    let documents = YamlLoader::load_from_str(&text).unwrap();
    let cases: Vec<Value> =
        documents.iter().map(json).filter(|case| case.get("template").is_some()).collect();
    assert_eq!(cases.len(), CASES);

    let failures: Vec<String> = cases.iter().filter_map(failure).collect();
    assert!(failures.is_empty(), "{} of {CASES} fail:\n{}", failures.len(), failures.join("\n"));
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
