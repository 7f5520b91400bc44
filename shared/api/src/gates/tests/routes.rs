//! What all of the routes have in common.

use serde_json::{Value, json};

use super::world::Client;
use crate::gates::{MOUNT, ROUTES};
use crate::taskcluster::references;

#[test]
fn every_route_needs_scopes() {
    for route in ROUTES {
        let scopes = route.scopes.map(|scopes| scopes.to_json().to_string());
        assert!(scopes.is_some_and(|scopes| scopes.contains("\"gates:")), "{}", route.name);
        assert_eq!(route.mount, MOUNT, "{}", route.name);
    }
}

#[tokio::test]
async fn a_route_answers_to_whom_it_may() {
    let client = Client::with_scopes(&["gates:read-integrator:one", "gates:list-integrators"]);
    client.gates("GET", "", Value::Null).await.ok();
    client.gates("GET", "/one", Value::Null).await.error(404, "ResourceNotFound");
    let refused = client.gates("GET", "/other", Value::Null).await.error(403, "InsufficientScopes");
    assert!(refused.contains("gates:read-integrator:other"), "{refused}");
    client.gates("PUT", "/one", json!({})).await.error(403, "InsufficientScopes");
}

#[tokio::test]
async fn names_and_ids_are_checked() {
    let client = Client::new();
    let long = "a".repeat(101);
    for path in ["/a%20b", "/ä", &format!("/{long}"), "/a/deliveries/msg_1"] {
        let wrong = client.gates("GET", path, Value::Null).await.error(400, "InvalidRequestArguments");
        assert!(wrong.contains("must match regular expression"), "{path}: {wrong}");
    }
    let nothing = client.gates("GET", "/a/b/c/d", Value::Null).await.error(404, "ResourceNotFound");
    assert!(nothing.ends_with("the routes are listed at /references/gates/v1/api.json"), "{nothing}");
    client.gates("POST", "/one", json!({})).await.error(404, "ResourceNotFound");
}

#[tokio::test]
async fn a_process_without_gates_says_so() {
    let mut client = Client::new();
    client.service.gates = None;
    for route in ROUTES {
        let path =
            route.path.replace("<integrator>", "one").replace("<deliveryId>", &format!("msg_{:032}", 7));
        let body = json!({
            "url": "https://i.example", "events": ["post-fire"], "since": "2026-11-01T00:00:00Z", "graceSeconds": 1,
        });
        let members = |names: &[&str]| -> Value {
            names
                .iter()
                .map(|name| ((*name).to_owned(), body[*name].clone()))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        let body = match route.name {
            "setIntegrator" => members(&["url", "events"]),
            "rotateIntegratorSecret" => members(&["graceSeconds"]),
            "recoverDeliveries" => members(&["since"]),
            _ => Value::Null,
        };
        let answer = client.send(route.method.as_str(), &format!("/gates/v1{path}"), body).await;
        assert!(answer.error(404, "ResourceNotFound").contains("no gates here"), "{}", route.name);
    }
}

#[test]
fn documents_describe_them() {
    let document = |path: &str| references::document("https://x", path).unwrap();
    let manifest = document("/references/manifest.json");
    assert!(
        manifest["references"].as_array().unwrap().contains(&json!("https://x/references/gates/v1/api.json"))
    );
    let reference = document("/references/gates/v1/api.json");
    assert_eq!(reference["serviceName"], "gates");
    let set = reference["entries"].as_array().unwrap().iter().find(|entry| entry["name"] == "setIntegrator");
    assert_eq!(
        set.unwrap()["input"],
        "v1/set-integrator-request.json#",
        "as references point from /schemas/gates/"
    );
    let schema = document("/schemas/gates/v1/set-integrator-request.json");
    assert_eq!(schema["$id"], "https://x/schemas/gates/v1/set-integrator-request.json#");
    assert_eq!(schema["properties"]["timeoutMs"]["maximum"], 25_000);
    let openapi = document("/references/gates/v1/openapi.json");
    let put = &openapi["paths"]["/api/gates/v1/integrators/{integrator}"]["put"];
    assert_eq!(put["operationId"], "setIntegrator");
    assert_eq!(put["x-scopes"], "gates:modify-integrator:<integrator>");
    let hooks = document("/references/hooks/v1/openapi.json");
    assert!(hooks["paths"].as_object().unwrap().keys().all(|path| path.starts_with("/api/hooks/v1")));
    let create = &hooks["paths"]["/api/hooks/v1/hooks/{hookGroupId}/{hookId}"]["put"]["responses"]["403"];
    assert_eq!(create["description"], "`InsufficientScopes`, `RefusedByGate`");
    for path in references::paths() {
        assert!(references::document("", &path).is_some(), "{path}");
    }
}
