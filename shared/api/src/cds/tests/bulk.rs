use serde_json::{Value, json};

use super::world::{Client, node};

#[tokio::test]
async fn many_are_saved_and_answered_as_cds_keeps_them() {
    let client = Client::new();
    let sent = json!({"a": node("a", "WebHook", &[("secret", "s")]), "b": node("other", "WebHook", &[])});
    let saved = client.cds("POST", "/task/bulk", sent.clone()).await.ok();
    let mut expected = sent;
    expected["b"]["uuid"] = "b".into();
    expected["a"]["config"] = client.get("/task/a").await["config"].clone();
    expected["b"]["config"] = client.get("/task/b").await["config"].clone();
    assert_eq!(expected["a"]["config"]["secret"]["value"], "**********");
    expected["a"]["config"]["secret"]["value"] = "s".into();
    assert_eq!(saved, expected);
    assert_eq!(saved["b"]["config"]["webHookURL"]["value"], "https://hooks.example/webhook/b");
    assert_eq!(client.cds("POST", "/task/bulk", saved.clone()).await.ok(), saved, "what it kept can be sent");
}

#[tokio::test]
async fn all_that_is_wrong_is_named_and_nothing_saved() {
    let client = Client::new();
    let sent = json!({
        "a": node("a", "WebHook", &[]), "b": node("b", "X", &[]), "c": 7, "d/e": node("d", "WebHook", &[]),
        "f": node("f", "WebHook", &[("secret", "**********")]),
    });
    let message = client.cds("POST", "/task/bulk", sent).await.error(400);
    assert!(message.starts_with("Nothing was saved. task \"b\": model \"X\" is unknown"), "{message}");
    for part in
        ["task \"c\": invalid type", "task \"d/e\": uuid \"d/e\" must be", "task \"f\": config secret"]
    {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(client.get("/task").await, json!([]));
    let many: serde_json::Map<String, Value> =
        (0..60).map(|number| (format!("u{number}"), json!(7))).collect();
    let message = client.cds("POST", "/task/bulk", many.into()).await.error(400);
    assert!(message.ends_with("; and 10 more"), "{message}");
}

#[tokio::test]
async fn many_are_stopped_started_and_removed() {
    let client = Client::new();
    let sent: serde_json::Map<String, Value> =
        (0..240).map(|number| (format!("u{number}"), node("", "WebHook", &[]))).collect();
    client.cds("POST", "/task/bulk", sent.into()).await.ok();
    client.cds("POST", "/task/u7/stop", Value::Null).await.ok();
    for (method, verb, changed) in [("POST", "stop", 239), ("GET", "stop", 0), ("GET", "start", 240)] {
        let answer = client.cds(method, &format!("/task/bulk/{verb}"), Value::Null).await.ok();
        assert_eq!(answer, json!({"tasks": changed}));
    }
    client.send("POST", "/webhook/u7", &[], "").await.ok();
    let body = json!({"u7": {}, "u8": null, "nobody": {}, "not/one": {}});
    assert_eq!(client.cds("DELETE", "/task/bulk", body).await.ok(), json!({"tasks": 2}));
    assert_eq!(client.get("/task").await.as_array().unwrap().len(), 238);
    assert!(client.world.executions.lock().unwrap().is_empty());
}
