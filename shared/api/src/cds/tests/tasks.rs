use serde_json::{Value, json};

use super::world::{Client, node};

#[tokio::test]
async fn a_task_lives() {
    let client = Client::new();
    let config = [("secret", "s"), ("more", "x")];
    let created = client.cds("POST", "/task", node("u", "WebHook", &config)).await.ok();
    assert_eq!(
        created,
        json!({
            "uuid": "u", "type": "Webhook", "stopped": false,
            "config": {
                "project": {"value": "P", "configurable": false},
                "workflow": {"value": "W", "configurable": false},
                "secret": {"value": "**********", "configurable": true, "type": "string"},
                "more": {"value": "x", "configurable": true, "type": "string"},
                "webHookURL": {
                    "value": "https://hooks.example/webhook/u", "configurable": false, "type": "string",
                },
            },
            "executions": [], "nb_executions_total": 0, "nb_executions_todo": 0,
        })
    );
    assert_eq!(client.get("/task/u").await, created);
    assert_eq!(client.get("/task").await, json!([created]));
    let mut again = created.clone();
    again["config"]["more"]["value"] = "y".into();
    let sent = json!({"hook_model_name": "WebHook", "config": again["config"], "conditions": {"plain": []}});
    again["conditions"] = json!({"plain": []});
    assert_eq!(client.cds("PUT", "/task/u", sent).await.ok(), again);
    let kept = client.world.hooks.lock().unwrap()["cds/u"].clone();
    assert_eq!(kept.definition.cds.as_ref().unwrap().config.get("secret"), Some("sealed:u:s"));
    assert_eq!(client.cds("DELETE", "/task/u", Value::Null).await.ok(), json!({"uuid": "u"}));
    for (method, path) in
        [("GET", "/task/u"), ("DELETE", "/task/u"), ("POST", "/task/u/stop"), ("GET", "/task/u/execution")]
    {
        assert_eq!(client.cds(method, path, Value::Null).await.error(404), "There is no task \"u\"");
    }
}

#[tokio::test]
async fn a_task_goes_with_its_executions() {
    let client = Client::with_webhook().await;
    client.send("POST", "/webhook/hook", &[], "").await.ok();
    client.cds("DELETE", "/task/hook", Value::Null).await.ok();
    assert!(client.world.executions.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_task_without_uuid_gets_one() {
    let client = Client::new();
    let created = client.cds("POST", "/task", node("", "WebHook", &[])).await.ok();
    let uuid: uuid::Uuid = created["uuid"].as_str().unwrap().parse().unwrap();
    assert_eq!(client.get(&format!("/task/{uuid}")).await["uuid"], created["uuid"]);
}

#[tokio::test]
async fn what_can_not_be_saved_is_said() {
    let client = Client::new();
    let cases: [(&str, &str, &str, &str); 8] = [
        ("POST", "/task", "{", "The request's body is not what it should be: EOF while parsing"),
        ("POST", "/task", "7", "The request's body is not what it should be: "),
        ("POST", "/task", r#"{"uuid": 7}"#, "The request's body is not what it should be: invalid type"),
        ("POST", "/task", r#"{"uuid": "u", "config": null}"#, "model.name or hook_model_name is missing"),
        ("POST", "/task", r#"{"uuid": "u", "hook_model_name": "X"}"#, "model \"X\" is unknown"),
        ("POST", "/task", r#"{"uuid": "u", "hook_model_name": "WebHook"}"#, "config project: is missing"),
        ("PUT", "/task/u%20", "{\"hook_model_name\": \"WebHook\"}", "uuid \"u \" must be"),
        ("PUT", "/task/u", r#"{"uuid": "v"}"#, "uuid \"v\" in the body must be that of the path"),
    ];
    for (method, path, body, message) in cases {
        let header = ("X-Auth-Header", "dGhlIGhhc2g=");
        let told = client.send(method, path, &[header], body).await.error(400);
        assert!(told.starts_with(message), "{body}: {told}");
    }
    assert!(client.world.hooks.lock().unwrap().is_empty());
}

#[tokio::test]
async fn tasks_are_listed_as_asked() {
    let client = Client::new();
    for (uuid, executions) in [("a", 1), ("b", 3), ("c", 2), ("d", 2)] {
        client.cds("POST", "/task", node(uuid, "WebHook", &[])).await.ok();
        for _ in 0..executions {
            client.send("POST", &format!("/webhook/{uuid}"), &[], "").await.ok();
        }
    }
    client.change("b", |execution| execution.status = treble_core::cds::Status::Done);
    client.schedule("a", "2026-11-27T10:01:00Z");
    let cases = [
        ("", "abcd"),
        ("?sort=", "abcd"),
        ("?sort=nb_executions_total:desc", "bacd"),
        ("?sort=nb_executions_total", "acdb"),
        ("?sort=nb_executions_todo:asc", "bacd"),
        ("?limit=2", "ab"),
        ("?offset=3", "d"),
        ("?sort=nb_executions_total%3Adesc&offset=1&limit=2", "ac"),
        ("?offset=9", ""),
    ];
    for (query, expected) in cases {
        let listed = client.get(&format!("/task{query}")).await;
        let uuids: String =
            listed.as_array().unwrap().iter().map(|task| task["uuid"].as_str().unwrap()).collect();
        assert_eq!(uuids, expected, "{query}");
    }
    for query in ["?sort=uuid", "?sort=nb_executions_todo:up", "?limit=x", "?offset=-1"] {
        client.cds("GET", &format!("/task{query}"), Value::Null).await.error(400);
    }
}

/// Three pages of them, some with executions.
#[tokio::test]
async fn many_tasks_are_listed_page_by_page() {
    let client = Client::new();
    let uuids: Vec<String> = (0..230).map(|number| format!("t{number:03}")).collect();
    let sent: serde_json::Map<String, Value> =
        uuids.iter().map(|uuid| (uuid.clone(), node("", "WebHook", &[]))).collect();
    client.cds("POST", "/task/bulk", sent.into()).await.ok();
    let executions = [("t229", 3), ("t001", 2), ("t150", 2), ("t099", 1), ("t100", 1), ("t228", 1)];
    for (uuid, count) in executions {
        for _ in 0..count {
            client.send("POST", &format!("/webhook/{uuid}"), &[], "").await.ok();
        }
    }
    let counted =
        |uuid: &str| executions.iter().find(|(busy, _)| *busy == uuid).map_or(0, |(_, count)| *count);
    let mut busiest = uuids.clone();
    busiest.sort_by_key(|uuid| std::cmp::Reverse(counted(uuid)));
    let mut idlest = uuids.clone();
    idlest.sort_by_key(|uuid| counted(uuid));
    let cases = [
        ("", &uuids[..]),
        ("?limit=150", &uuids[..150]),
        ("?offset=99&limit=2", &uuids[99..101]),
        ("?offset=200&limit=100", &uuids[200..]),
        ("?offset=230", &[]),
        ("?limit=0", &[]),
        ("?sort=nb_executions_total:desc", &busiest),
        ("?sort=nb_executions_total:desc&limit=4", &busiest[..4]),
        ("?sort=nb_executions_todo:desc&limit=150&offset=2", &busiest[2..152]),
        ("?sort=nb_executions_todo:desc&limit=0", &[]),
        ("?sort=nb_executions_total", &idlest),
        ("?sort=nb_executions_total:asc&offset=220&limit=20", &idlest[220..]),
    ];
    for (query, expected) in cases {
        let listed = client.get(&format!("/task{query}")).await;
        let listed = listed.as_array().unwrap();
        let uuids: Vec<&str> = listed.iter().map(|task| task["uuid"].as_str().unwrap()).collect();
        assert_eq!(uuids, expected, "{query}");
        for task in listed {
            assert_eq!(task["nb_executions_total"], counted(task["uuid"].as_str().unwrap()), "{query}");
        }
    }
}

#[tokio::test]
async fn a_task_is_stopped_and_started_by_get_as_well() {
    let client = Client::with_webhook().await;
    for (method, verb, stopped) in
        [("GET", "stop", true), ("POST", "stop", true), ("GET", "start", false), ("POST", "stop", true)]
    {
        let task = client.cds(method, &format!("/task/hook/{verb}"), Value::Null).await.ok();
        assert_eq!(task["stopped"], stopped, "{method} {verb}");
    }
    let saved = client.cds("POST", "/task", node("hook", "WebHook", &[])).await.ok();
    assert_eq!(saved["stopped"], true, "saving is not starting");
}

#[tokio::test]
async fn a_task_is_executed_when_asked() {
    let client = Client::new();
    let task = client.cds("POST", "/task/execute", node("u", "WebHook", &[])).await.ok();
    let execution = &task["executions"][0];
    assert_eq!((&execution["status"], &task["nb_executions_todo"]), (&json!("ENQUEUED"), &json!(1)));
    assert_eq!(execution["webhook"]["request_body"], "");
    let sent = client.sent();
    assert_eq!((sent.len(), sent[0].fired_by.as_str()), (1, "triggerHook"));
}
