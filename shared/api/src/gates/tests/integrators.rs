use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use treble_core::gate::ports::LaneState;

use super::world::{Client, Heard, at, now, pass};

fn down() -> LaneState {
    LaneState {
        failures: 3,
        down_since: Some(at("2026-11-27T09:00:00Z")),
        next_attempt: Some(at("2026-11-27T11:00:00Z")),
        owner_told: true,
        last_error: Some("it answered 503".into()),
    }
}

#[tokio::test]
async fn an_integrator_is_set_shown_and_removed() {
    let client = Client::new();
    let mut set = client.set("one", &["pre-add-node", "post-add-node"]).await;
    let secret = set.as_object_mut().unwrap().remove("secret").unwrap();
    assert!(secret.as_str().unwrap().starts_with("whsec_"));
    let expected = json!({
        "name": "one",
        "url": "https://one.example/hooks",
        "events": ["pre-add-node", "post-add-node"],
        "timeoutMs": 10_000,
        "failurePolicy": "reject",
        "created": "2026-11-27T10:00:30.000Z",
        "updated": "2026-11-27T10:00:30.000Z",
        "secrets": [{"created": "2026-11-27T10:00:30.000Z"}],
        "lane": {"failures": 0},
    });
    let by_name = |mut integrator: Value| {
        integrator["events"].as_array_mut().unwrap().sort_by_key(Value::to_string);
        integrator
    };
    assert_eq!(by_name(set), by_name(expected.clone()));
    assert_eq!(by_name(client.gates("GET", "/one", Value::Null).await.ok()), by_name(expected));

    client.gates("DELETE", "/one", Value::Null).await.ok();
    assert_eq!(client.world.woken(), ["one"]);
    client.gates("GET", "/one", Value::Null).await.error(404, "ResourceNotFound");
    // Once more, as whoever did it may not have come as far as waking it.
    client.gates("DELETE", "/one", Value::Null).await.ok();
    assert_eq!(client.world.woken(), ["one"]);
}

#[tokio::test]
async fn one_that_is_there_keeps_its_secrets_and_its_creation() {
    let client = Client::new();
    client.set("one", &["post-fire"]).await;
    let secrets = client.world.integrators.lock().unwrap()["one"].secrets.clone();
    pass(60);
    client.world.lost_races.store(3, Ordering::Relaxed);
    let body = json!({
        "url": "https://new.example", "events": ["pre-trigger-hook"], "timeoutMs": 25_000, "failurePolicy": "proceed",
        "owner": "o@example",
    });
    let set = client.gates("PUT", "/one", body).await.ok();
    assert_eq!(set.get("secret"), None);
    assert_eq!(
        (&set["created"], &set["updated"]),
        (&json!("2026-11-27T10:00:30.000Z"), &json!("2026-11-27T10:01:30.000Z"))
    );
    assert_eq!((&set["owner"], &set["failurePolicy"]), (&json!("o@example"), &json!("proceed")));
    assert_eq!(client.world.integrators.lock().unwrap()["one"].secrets, secrets);
    assert!(client.world.woken().is_empty());
}

#[tokio::test]
async fn one_that_failed_is_tried_at_once_when_it_is_set() {
    let client = Client::new();
    client.set("one", &["post-fire"]).await;
    client.world.lanes.lock().unwrap().insert("one".into(), down());
    let lane = &client.gates("GET", "/one", Value::Null).await.ok()["lane"];
    assert_eq!(
        *lane,
        json!({
            "failures": 3,
            "downSince": "2026-11-27T09:00:00.000Z",
            "nextAttempt": "2026-11-27T11:00:00.000Z",
            "lastError": "it answered 503",
        })
    );
    assert_eq!(client.set("one", &["post-fire"]).await["lane"], json!({"failures": 0}));
    assert_eq!(client.world.woken(), ["one"]);
}

#[tokio::test]
async fn what_can_not_be_is_refused() {
    let client = Client::new();
    let valid = json!({"url": "https://i.example", "events": ["post-fire"]});
    let cases = [
        ("url", json!("https://127.0.0.1/x"), "InputError", "127.0.0.1 is a loopback address"),
        ("url", json!("ftp://i.example"), "InputError", "https://"),
        ("url", json!("https://i.example?a=b"), "InputError", "query"),
        ("url", Value::Null, "InputValidationError", "data/url must be string"),
        ("events", json!([]), "InputValidationError", "data/events must NOT have fewer than 1 items"),
        (
            "events",
            json!(["pre-nothing"]),
            "InputValidationError",
            "data/events/0 must be equal to one of the allowed values",
        ),
        ("timeoutMs", json!(25_001), "InputValidationError", "data/timeoutMs must be <= 25000"),
        ("timeoutMs", json!(0), "InputValidationError", "data/timeoutMs must be >= 1"),
        ("failurePolicy", json!("shrug"), "InputValidationError", "data/failurePolicy"),
        ("secret", json!("whsec_"), "InputValidationError", "additional properties"),
    ];
    for (member, value, code, expected) in cases {
        let mut body = valid.clone();
        body[member] = value.clone();
        let wrong = client.gates("PUT", "/one", body).await.error(400, code);
        assert!(wrong.contains(expected), "{member} {value}: {wrong}");
    }
    client.world.lost_races.store(1000, Ordering::Relaxed);
    client.gates("PUT", "/one", valid).await.error(409, "RequestConflict");
}

#[tokio::test]
async fn all_are_listed_a_page_at_a_time() {
    let client = Client::new();
    for name in ["b", "c", "a"] {
        client.set(name, &["post-fire"]).await;
    }
    client.world.lanes.lock().unwrap().insert("b".into(), down());
    let listed = client.gates("GET", "?limit=2", Value::Null).await.ok();
    let shown = |listed: &Value| -> Vec<(String, u64)> {
        let integrators = listed["integrators"].as_array().unwrap().iter();
        let shown = integrators.map(|integrator| {
            (integrator["name"].as_str().unwrap().into(), integrator["lane"]["failures"].as_u64().unwrap())
        });
        shown.collect()
    };
    assert_eq!(shown(&listed), [("a".into(), 0), ("b".into(), 3)]);
    let token = listed["continuationToken"].as_str().unwrap();
    let rest = client.gates("GET", &format!("?continuationToken={token}"), Value::Null).await.ok();
    assert_eq!((shown(&rest), rest.get("continuationToken")), (vec![("c".into(), 0)], None));
}

#[tokio::test]
async fn a_rotation_adds_a_secret_and_lets_the_others_end() {
    let client = Client::new();
    let first = client.set("one", &["post-fire"]).await["secret"].clone();
    pass(60);
    client.world.lost_races.store(1, Ordering::Relaxed);
    let rotated = client.gates("POST", "/one/rotate-secret", json!({})).await.ok();
    assert_ne!(rotated["secret"], first);
    let secrets = json!([
        {"created": "2026-11-27T10:01:30.000Z"},
        {"created": "2026-11-27T10:00:30.000Z", "expires": "2026-11-28T10:01:30.000Z"},
    ]);
    assert_eq!(rotated["secrets"], secrets);
    let signing = || {
        let integrators = client.world.integrators.lock().unwrap();
        integrators["one"].active_secrets(now()).map(Value::from).collect::<Vec<_>>()
    };
    assert_eq!(signing(), [rotated["secret"].clone(), first]);
    let shown = client.gates("GET", "/one", Value::Null).await.ok();
    assert_eq!((&shown["secrets"], shown.get("secret")), (&secrets, None));

    let at_once = client.gates("POST", "/one/rotate-secret", json!({"graceSeconds": 0})).await.ok();
    assert_eq!(signing(), [at_once["secret"].clone()]);
    let wrong = client.gates("POST", "/one/rotate-secret", json!({"graceSeconds": -1})).await;
    wrong.error(400, "InputValidationError");
    client.gates("POST", "/other/rotate-secret", json!({})).await.error(404, "ResourceNotFound");
}

#[tokio::test]
async fn a_probe_tells_whether_the_server_answers() {
    let client = Client::new();
    client.set("one", &["post-fire"]).await;
    let cases = [
        (200, true, json!({"reached": true, "status": 200})),
        (404, true, json!({"reached": true, "status": 404})),
        (503, false, json!({"reached": false, "status": 503})),
        (0, false, json!({"reached": false, "error": "nobody answers there"})),
    ];
    for (status, reached, expected) in cases {
        client.world.answer("one", status, json!({}));
        client.world.lanes.lock().unwrap().insert("one".into(), down());
        let mut told = client.gates("POST", "/one/probe", Value::Null).await.ok();
        assert!(told.as_object_mut().unwrap().remove("latencyMs").unwrap().is_u64());
        assert_eq!(told, expected);
        let sent = Heard { integrator: "one".into(), path: "probe".into(), body: json!({}) };
        assert_eq!(client.world.heard(), [sent]);
        // What waits goes on, or waits for as long as it was to.
        let woken: &[&str] = if reached { &["one"] } else { &[] };
        assert_eq!(client.world.woken(), woken, "{status}");
        assert_eq!(client.world.lanes.lock().unwrap().contains_key("one"), !reached, "{status}");
    }
    client.gates("POST", "/other/probe", Value::Null).await.error(404, "ResourceNotFound");
}
