//! The API as tools see it that know nothing of Taskcluster: by its OpenAPI document.

use std::collections::BTreeSet;

use serde_json::Value;
use treble_tests::{Request, Server, schemathesis, validate_openapi};

/// The services that have a document each.
const SERVICES: [&str; 2] = ["hooks", "gates"];

/// Examples an operation, unless `SCHEMATHESIS_EXAMPLES` says how many.
const EXAMPLES: u32 = 50;

#[tokio::test]
async fn document_is_valid() {
    let server = Server::start().await;
    for service in SERVICES {
        let line = format!("GET ^/references/{service}/v1/openapi.json");
        let reply = Request::to(&line).anonymously().send(&server).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        validate_openapi(&reply.text());
        assert_eq!(reply.json()["servers"][0]["url"], server.root_url());
    }
}

/// What Taskcluster's tools read and what others read tell of the same methods.
#[tokio::test]
async fn document_has_what_the_reference_has() {
    let server = Server::start().await;
    for service in SERVICES {
        let get = async |name: &str| {
            let line = format!("GET ^/references/{service}/v1/{name}.json");
            Request::to(&line).anonymously().send(&server).await.ok()
        };
        has_what_it_has(service, &get("openapi").await, &get("api").await);
    }
}

fn has_what_it_has(service: &str, document: &Value, reference: &Value) {
    let entries = reference["entries"].as_array().unwrap().iter();
    let expected: BTreeSet<String> = entries
        .map(|entry| {
            let path = text(&entry["route"]).replace('<', "{").replace('>', "}");
            let (name, method, title) = (text(&entry["name"]), text(&entry["method"]), text(&entry["title"]));
            format!("{name}: {method} /api/{service}/v1{path} {title} {}", entry["stability"] == "deprecated")
        })
        .collect();
    let mut found = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let (name, title) = (text(&operation["operationId"]), text(&operation["summary"]));
            found.insert(format!("{name}: {method} {path} {title} {}", operation["deprecated"] == true));
        }
    }
    assert_eq!(found, expected);
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Requests made up from the document, valid and not: no answer is a 5xx, and each is as the document says. Where the
/// data is makes no difference to that, so one store is enough.
async fn holds_against_schemathesis(service: &str) {
    let server = Server::start().await;
    if server.is_on_aws() {
        return;
    }
    let asked = std::env::var("SCHEMATHESIS_EXAMPLES").ok();
    let examples = asked.map_or(EXAMPLES, |examples| examples.parse().unwrap());
    schemathesis(&server, service, examples);
}

#[tokio::test]
async fn schemathesis_finds_nothing() {
    holds_against_schemathesis("hooks").await;
}

#[tokio::test]
async fn schemathesis_finds_nothing_about_gates() {
    holds_against_schemathesis("gates").await;
}
