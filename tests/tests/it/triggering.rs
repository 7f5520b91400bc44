//! What a trigger does: the context that the template sees, the task that arrives at the sink, the record.

use serde_json::{Value, json};
use treble_tests::{Request, Server, definition};

/// Creates `g/h` with this task, open to any payload.
async fn create(server: &Server, task: Value) {
    let mut hook = definition();
    hook["task"] = task;
    Request::to("PUT /hooks/g/h").json(&hook).send(server).await.ok();
}

async fn post(server: &Server, path: &str, body: &Value) -> Value {
    Request::to(&format!("POST /hooks/g/h/{path}")).json(body).send(server).await.ok()
}

async fn get(server: &Server, path: &str) -> Value {
    Request::to(&format!("GET /hooks/g/h{path}")).send(server).await.ok()
}

/// Whether text is an instant as JavaScript prints it.
fn is_instant(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    text.len() == 24 && text.ends_with('Z') && text.as_bytes()[19] == b'.'
}

#[tokio::test]
async fn context() {
    let server = Server::start().await;
    let payload = json!({
        "firedBy": "${firedBy}", "taskId": "${taskId}", "clientId": {"$if": "firedBy == 'triggerHook'", "then": "${clientId}"},
        "now": "${now}", "later": {"$fromNow": "1 hour", "from": {"$eval": "now"}}, "payload": {"$eval": "payload"},
    });
    create(&server, json!({"provisionerId": "p", "workerType": "w", "payload": payload})).await;
    let by_call = post(&server, "trigger", &json!({"a": [1, {"b": null}]})).await;
    let token = get(&server, "/token").await["token"].as_str().unwrap().to_owned();
    let webhook =
        Request::to(&format!("POST /hooks/g/h/trigger/{token}")).json(&json!({"c": 2})).anonymously();
    let by_webhook = webhook.send(&server).await.ok();

    let tasks = server.tasks().await;
    assert_eq!(tasks.len(), 2);
    for (message, reply, fired_by, payload) in [
        (&tasks[0], &by_call, "triggerHook", json!({"a": [1, {"b": null}]})),
        (&tasks[1], &by_webhook, "triggerHookWithToken", json!({"c": 2})),
    ] {
        assert_eq!(message["taskId"], reply["taskId"]);
        assert_eq!((&message["hookGroupId"], &message["hookId"]), (&json!("g"), &json!("h")));
        assert_eq!(message["firedBy"], fired_by);
        let seen = &message["task"]["payload"];
        assert_eq!((&seen["firedBy"], &seen["taskId"]), (&json!(fired_by), &reply["taskId"]));
        assert_eq!(seen["payload"], payload);
        assert!(is_instant(&seen["now"]) && is_instant(&seen["later"]), "{seen}");
    }
    let client = &tasks[0]["task"]["payload"]["clientId"];
    assert_eq!(*client, json!(server.credentials().client_id));
    assert_eq!(tasks[1]["task"]["payload"].get("clientId"), None);
}

#[tokio::test]
async fn what_a_task_lacks_is_added() {
    let server = Server::start().await;
    create(&server, json!({"provisionerId": "p", "workerType": "w"})).await;
    let reply = post(&server, "trigger", &json!({})).await;
    let task = server.tasks().await.remove(0)["task"].clone();
    let keys: Vec<&String> = task.as_object().unwrap().keys().collect();
    assert_eq!(keys[..2], ["provisionerId", "workerType"]);
    assert_eq!(task["taskGroupId"], reply["taskId"]);
    let instants = ["created", "deadline", "expires"].map(|key| task[key].as_str().unwrap().to_owned());
    assert!(instants.iter().all(|instant| is_instant(&json!(instant))), "{task}");
    assert!(instants.is_sorted(), "{task}");
    assert_eq!(instants[0][10..], instants[1][10..], "a day later, at the same time");
    assert_eq!(instants[0][10..], instants[2][10..], "a month later, at the same time");

    let own = json!({
        "created": "2020-01-01T00:00:00.000Z", "deadline": "2020-01-02T00:00:00.000Z",
        "expires": "2020-01-03T00:00:00.000Z", "taskGroupId": "fN1SbArXTPSVFNUvaOlinQ", "x": 1,
    });
    let mut hook = definition();
    hook["task"] = own.clone();
    Request::to("POST /hooks/g/h").json(&hook).send(&server).await.ok();
    post(&server, "trigger", &json!({})).await;
    assert_eq!(server.tasks().await.pop().unwrap()["task"], own);
}

#[tokio::test]
async fn defaults_of_the_schema_reach_the_template() {
    let server = Server::start().await;
    let mut hook = definition();
    hook["task"] = json!({"payload": {"$eval": "payload"}});
    hook["triggerSchema"] = json!({"type": "object", "properties": {
        "branch": {"type": "string", "default": "main"},
        "options": {"type": "object", "default": {}, "properties": {"deep": {"default": true}}},
    }});
    Request::to("PUT /hooks/g/h").json(&hook).send(&server).await.ok();
    post(&server, "trigger", &json!({"x": 1})).await;
    let seen = server.tasks().await.remove(0)["task"]["payload"].clone();
    assert_eq!(seen, json!({"x": 1, "branch": "main", "options": {"deep": true}}));
}

#[tokio::test]
async fn status_has_the_shape_of_a_task_status() {
    let server = Server::start().await;
    create(&server, json!({"provisionerId": "p", "workerType": "w", "schedulerId": "s", "retries": 3})).await;
    let reply = post(&server, "trigger", &json!({})).await;
    let status = &reply["status"];
    assert_eq!((&status["taskId"], &status["taskGroupId"]), (&reply["taskId"], &reply["taskId"]));
    assert_eq!((&status["provisionerId"], &status["workerType"]), (&json!("p"), &json!("w")));
    assert_eq!((&status["schedulerId"], &status["retriesLeft"]), (&json!("s"), &json!(3)));
    assert!(is_instant(&status["deadline"]) && is_instant(&status["expires"]), "{status}");
    assert!(status["state"].is_string() && status["runs"].is_array(), "{status}");
}

#[tokio::test]
async fn a_task_id_of_the_callers_fires_once() {
    let server = Server::start().await;
    create(&server, json!({"payload": {"$eval": "payload"}})).await;
    let chosen = json!({"taskId": "fN1SbArXTPSVFNUvaOlinQ"});
    let first = post(&server, "trigger", &chosen).await;
    assert_eq!(post(&server, "trigger", &chosen).await, first);
    let tasks = server.tasks().await;
    assert_eq!(tasks.len(), 1, "{tasks:?}");
    assert_eq!(get(&server, "/last-fires").await["lastFires"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_token_lives_until_it_is_reset() {
    let server = Server::start().await;
    create(&server, json!({})).await;
    let old = get(&server, "/token").await;
    assert_eq!(get(&server, "/token").await, old);
    Request::to("POST /hooks/g/h").json(&definition()).send(&server).await.ok();
    assert_eq!(get(&server, "/token").await, old, "an update keeps the token");
    let new = Request::to("POST /hooks/g/h/token").send(&server).await.ok();
    assert_ne!(new, old);
    let fire = async |token: &Value| {
        let path = format!("POST /hooks/g/h/trigger/{}", token["token"].as_str().unwrap());
        Request::to(&path).json(&json!({})).anonymously().send(&server).await
    };
    assert_eq!(
        fire(&old).await.error(),
        ("AuthenticationFailed".to_owned(), "invalid hook token".to_owned())
    );
    fire(&new).await.ok();
    Request::to("PUT /hooks/g/other").json(&definition()).send(&server).await.ok();
    let path = format!("POST /hooks/g/other/trigger/{}", new["token"].as_str().unwrap());
    assert_eq!(Request::to(&path).json(&json!({})).anonymously().send(&server).await.status, 401);
}

#[tokio::test]
async fn last_fires() {
    let server = Server::start().await;
    create(&server, json!({"x": {"$if": "'fail' in payload", "then": {"$eval": "nope"}}})).await;
    let mut tasks = Vec::new();
    for _ in 0..4 {
        tasks.insert(0, post(&server, "trigger", &json!({})).await["taskId"].clone());
    }
    let failing = Request::to("POST /hooks/g/h/trigger").json(&json!({"fail": 1})).send(&server).await;
    assert_eq!(failing.status, 400, "{}", failing.text());

    let all = get(&server, "/last-fires").await;
    assert_eq!(all.get("continuationToken"), None);
    let fires = all["lastFires"].as_array().unwrap();
    assert_eq!(fires.len(), 5);
    let keys: Vec<&String> = fires[1].as_object().unwrap().keys().collect();
    let expected =
        ["hookGroupId", "hookId", "firedBy", "taskId", "taskCreateTime", "result", "error", "taskState"];
    assert_eq!(keys, expected);
    assert_eq!((&fires[0]["result"], &fires[1]["result"]), (&json!("error"), &json!("success")));
    assert!(fires[0]["error"].as_str().unwrap().contains("unknown context value nope"), "{fires:?}");
    assert_eq!(fires[1]["error"], "");
    assert_eq!(fires[1..].iter().map(|fire| fire["taskId"].clone()).collect::<Vec<_>>(), tasks);

    let mut paged = Vec::new();
    let mut path = "/last-fires?limit=2".to_owned();
    loop {
        let page = get(&server, &path).await;
        paged.extend(page["lastFires"].as_array().unwrap().clone());
        let Some(token) = page["continuationToken"].as_str() else { break };
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{token}");
        path = format!("/last-fires?limit=2&continuationToken={token}");
    }
    assert_eq!(paged, *fires);
    assert_eq!(get(&server, "/last-fires?limit=00003").await["lastFires"].as_array().unwrap().len(), 3);
    assert_eq!(get(&server, "/last-fires?limit=99999").await["lastFires"].as_array().unwrap().len(), 5);
    let none = Request::to("GET /hooks/g/h/last-fires?limit=0").send(&server).await;
    assert_eq!(none.error().1, "No such hook or never fired");

    let status = get(&server, "/status").await;
    assert_eq!(status["lastFire"]["result"], "error");
    assert!(is_instant(&status["lastFire"]["time"]), "{status}");
    Request::to("DELETE /hooks/g/h").send(&server).await.ok();
    create(&server, json!({})).await;
    let fresh = Request::to("GET /hooks/g/h/last-fires").send(&server).await;
    assert_eq!(fresh.status, 404, "a hook created again starts with no history");
}

/// A task that exists is told of, and is in the history, whatever its template makes of its names: here as much as a
/// message of SQS takes.
#[tokio::test]
async fn names_too_large_for_a_status() {
    let server = Server::start().await;
    create(&server, json!({"provisionerId": "${payload.name}", "workerType": "w"})).await;
    let task_id = json!("fN1SbArXTPSVFNUvaOlinQ");
    let body = json!({"name": "x".repeat(200 << 10), "taskId": task_id});
    for _ in 0..2 {
        let reply = post(&server, "trigger", &body).await;
        assert_eq!((&reply["taskId"], &reply["status"]["taskId"]), (&task_id, &task_id));
    }
    assert_eq!(server.tasks().await.len(), 1);
    let fires = get(&server, "/last-fires").await;
    assert_eq!(
        (&fires["lastFires"][0]["taskId"], &fires["lastFires"][0]["result"]),
        (&task_id, &json!("success"))
    );
}
