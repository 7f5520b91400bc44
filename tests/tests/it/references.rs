//! The description that the service gives of itself, from which clients are generated.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use treble_tests::{Request, Server};

async fn get(server: &Server, path: &str) -> Value {
    let reply = Request::to(&format!("GET ^{path}")).anonymously().send(server).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    reply.json()
}

/// Asserts that a value is of this shape: null for anything, otherwise a value of the same JSON type; of an
/// object every member is required.
fn assert_shape(value: &Value, shape: &Value, place: &str) {
    match (value, shape) {
        (_, Value::Null) | (Value::String(_), Value::String(_)) => {}
        (Value::Array(items), Value::Array(shape)) => {
            items.iter().for_each(|item| assert_shape(item, &shape[0], place));
        }
        (Value::Object(members), Value::Object(shape)) => {
            for (key, shape) in shape {
                let member = members.get(key).unwrap_or_else(|| panic!("no {key} at {place}"));
                assert_shape(member, shape, &format!("{place}.{key}"));
            }
        }
        _ => panic!("{place} is {value}"),
    }
}

#[tokio::test]
async fn manifest_leads_to_everything() {
    let server = Server::start().await;
    let manifest = get(&server, "/references/manifest.json").await;
    let references: Vec<&str> =
        manifest["references"].as_array().unwrap().iter().map(|path| path.as_str().unwrap()).collect();
    let urls: BTreeSet<&str> =
        references.iter().map(|url| url.trim_start_matches(server.root_url())).collect();
    assert!(urls.contains("/references/hooks/v1/api.json"), "{manifest}");
    assert!(urls.contains("/references/hooks/v1/exchanges.json"), "{manifest}");
    for url in urls {
        get(&server, url).await;
    }
}

#[tokio::test]
async fn api_reference() {
    let server = Server::start().await;
    let api = get(&server, "/references/hooks/v1/api.json").await;
    let shape = json!({"$schema": "", "$id": "", "apiVersion": "", "serviceName": "", "title": "", "description": "",
        "entries": [{"type": "", "name": "", "title": "", "description": "", "category": "", "method": "",
            "route": "", "query": [""], "args": [""], "stability": ""}]});
    assert_shape(&api, &shape, "api");
    assert_eq!((&api["apiVersion"], &api["serviceName"]), (&json!("v1"), &json!("hooks")));
    assert_eq!(api["$id"], json!(format!("{}/references/hooks/v1/api.json#", server.root_url())));

    let mut found = BTreeSet::new();
    for entry in api["entries"].as_array().unwrap() {
        assert_eq!(entry["type"], "function");
        let route = entry["route"].as_str().unwrap();
        let args: Vec<String> = entry["args"]
            .as_array()
            .unwrap()
            .iter()
            .map(|arg| format!("<{}>", arg.as_str().unwrap()))
            .collect();
        assert!(args.iter().all(|arg| route.contains(arg.as_str())), "{entry}");
        assert_eq!(route.matches('<').count(), args.len(), "{entry}");
        let method = entry["method"].as_str().unwrap();
        found.insert(format!("{} {method} {route} {}", entry["name"].as_str().unwrap(), scopes(entry)));
        for key in ["input", "output"] {
            if let Some(schema) = entry.get(key) {
                get(&server, &format!("/schemas/hooks/{}", schema.as_str().unwrap().trim_end_matches('#')))
                    .await;
            }
        }
    }
    let modify = "{\"AllOf\":[\"hooks:modify-hook:<hookGroupId>/<hookId>\",\"assume:hook-id:<hookGroupId>/<hookId>\"]}";
    let hook = "/hooks/<hookGroupId>/<hookId>";
    let name = "<hookGroupId>/<hookId>";
    let expected = [
        "ping get /ping null".to_owned(),
        "version get /__version__ null".to_owned(),
        "heartbeat get /__heartbeat__ null".to_owned(),
        "lbheartbeat get /__lbheartbeat__ null".to_owned(),
        "listHookGroups get /hooks \"hooks:list-hooks:\"".to_owned(),
        "listHooks get /hooks/<hookGroupId> \"hooks:list-hooks:<hookGroupId>\"".to_owned(),
        format!("hook get {hook} \"hooks:get:<hookGroupId>:<hookId>\""),
        format!("getHookStatus get {hook}/status \"hooks:status:{name}\""),
        format!("createHook put {hook} {modify}"),
        format!("updateHook post {hook} {modify}"),
        format!("removeHook delete {hook} \"hooks:modify-hook:{name}\""),
        format!("triggerHook post {hook}/trigger \"hooks:trigger-hook:{name}\""),
        format!("getTriggerToken get {hook}/token \"hooks:get-trigger-token:{name}\""),
        format!("resetTriggerToken post {hook}/token \"hooks:reset-trigger-token:{name}\""),
        format!("triggerHookWithToken post {hook}/trigger/<token> null"),
        format!("listLastFires get {hook}/last-fires \"hooks:list-last-fires:{name}\""),
    ];
    assert_eq!(found, BTreeSet::from(expected));
}

/// A route's scope expression, with none as null.
fn scopes(entry: &Value) -> String {
    entry.get("scopes").unwrap_or(&Value::Null).to_string()
}

#[tokio::test]
async fn exchanges_reference() {
    let server = Server::start().await;
    let exchanges = get(&server, "/references/hooks/v1/exchanges.json").await;
    let shape = json!({"$schema": "", "$id": "", "apiVersion": "", "serviceName": "", "title": "", "description": "",
        "exchangePrefix": "", "entries": [{"type": "", "exchange": "", "name": "", "title": "",
            "description": "", "routingKey": [{"name": "", "summary": ""}], "schema": ""}]});
    assert_shape(&exchanges, &shape, "exchanges");
    assert_eq!(exchanges["exchangePrefix"], "exchange/taskcluster-hooks/v1/");
    let names: BTreeSet<&str> = exchanges["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["exchange"].as_str().unwrap())
        .collect();
    assert_eq!(names, BTreeSet::from(["hook-created", "hook-updated", "hook-deleted"]));
    for entry in exchanges["entries"].as_array().unwrap() {
        get(&server, &format!("/schemas/hooks/{}", entry["schema"].as_str().unwrap().trim_end_matches('#')))
            .await;
    }
}

/// Every schema names itself, and refers only to schemas that are there.
#[tokio::test]
async fn schemas() {
    let server = Server::start().await;
    let api = get(&server, "/references/hooks/v1/api.json").await;
    let entries = api["entries"].as_array().unwrap().iter();
    let named = entries.flat_map(|entry| [&entry["input"], &entry["output"]]).filter_map(Value::as_str);
    let mut waiting: Vec<String> =
        named.map(|name| name.trim_start_matches("v1/").replace('#', "")).collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        let path = format!("/schemas/hooks/v1/{name}");
        let schema = get(&server, &path).await;
        assert_eq!(schema["$id"], json!(format!("{}{path}#", server.root_url())));
        assert!(schema["$schema"].is_string(), "{name}");
        waiting.extend(
            references(&schema).into_iter().map(|reference| reference.trim_end_matches('#').to_owned()),
        );
    }
    assert!(seen.contains("create-hook-request.json"), "{seen:?}");
}

/// All `$ref`s of a schema to others.
fn references(schema: &Value) -> Vec<String> {
    let inside = |members: &mut dyn Iterator<Item = &Value>| members.flat_map(references).collect();
    match schema {
        Value::Array(items) => inside(&mut items.iter()),
        Value::Object(members) => {
            let mut found: Vec<String> = inside(&mut members.values());
            let own =
                members.get("$ref").and_then(Value::as_str).filter(|reference| !reference.starts_with('#'));
            found.extend(own.map(str::to_owned));
            found
        }
        _ => Vec::new(),
    }
}
