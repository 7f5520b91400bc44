use std::io::Write as _;
use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::StatusCode;
use serde_json::{Value, json};
use treble_core::cds::{Cause, Execution, Status, WebhookRequest};
use treble_core::firing::FiredBy;

use super::world::{Client, node, now};
use crate::cds::accept::Event;
use crate::request::MAX_BODY_BYTES;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_request_is_stored_sent_and_answered() {
    let client = Client::with_webhook().await;
    let headers = [("x-github-event", "push"), ("authorization", "s"), ("x-gitlab-token", "s")];
    let answer = client.send("POST", "/webhook/hook?a=1&b=%20", &headers, "{\"x\": 1}").await;
    let execution = answer.ok();
    let timestamp = i64::try_from(now().as_nanosecond()).unwrap();
    assert_eq!(
        execution,
        json!({
            "uuid": "hook", "type": "Webhook", "timestamp": timestamp, "nb_errors": 0,
            "processing_timestamp": 0, "workflow_run": 0, "status": "ENQUEUED",
            "config": {
                "project": {"value": "P", "configurable": false},
                "workflow": {"value": "W", "configurable": false},
                "webHookURL": {
                    "value": "https://hooks.example/webhook/hook", "configurable": false, "type": "string",
                },
            },
            "webhook": {
                "request_url": "a=1&b=%20", "request_body": STANDARD.encode("{\"x\": 1}"),
                "request_header": {"X-Github-Event": ["push"]}, "request_method": "POST",
            },
        })
    );
    let sent = client.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].hook.to_string().as_str(), sent[0].fired_by), ("cds/hook", FiredBy::Webhook));
    assert_eq!((sent[0].created, &sent[0].payload), (now(), &None));
    assert_eq!(client.get(&format!("/task/hook/execution/{timestamp}")).await, execution);
}

#[tokio::test]
async fn requests_at_once_are_executions_of_their_own() {
    let client = Client::with_webhook().await;
    for _ in 0..3 {
        client.send("POST", "/webhook/hook", &[], "").await.ok();
    }
    let created: Vec<_> = client.sent().iter().map(|firing| firing.created - now()).collect();
    assert_eq!(created.iter().map(|ahead| ahead.get_nanoseconds()).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(client.get("/task/hook").await["nb_executions_todo"], 3);
}

#[tokio::test]
async fn a_task_takes_requests_of_its_method() {
    let client = Client::with_webhook().await;
    let answer = client.send("PUT", "/webhook/hook", &[], "").await;
    assert_eq!(answer.headers["allow"], "POST");
    assert_eq!(answer.error(405), "this task is for POST requests, and this is a PUT");
    client.cds("PUT", "/task/hook", node("hook", "WebHook", &[("method", "PUT")])).await.ok();
    client.send("PUT", "/webhook/hook", &[], "").await.ok();
    client.send("POST", "/webhook/hook", &[], "").await.error(405);
    assert_eq!(client.sent().len(), 1);
}

#[tokio::test]
async fn who_does_not_know_the_secret_is_refused() {
    let client = Client::new();
    let task = node("hook", "RepositoryWebHook", &[("secret", "s")]);
    client.cds("POST", "/task", task).await.ok();
    let send = async |token: &str| {
        let headers = [("x-gitlab-event", "Push Hook"), ("x-gitlab-token", token)];
        client.send("POST", "/webhook/hook", &headers, "{}").await
    };
    assert!(send("x").await.error(401).starts_with("the header X-Gitlab-Token is not right"));
    assert!(client.world.executions.lock().unwrap().is_empty());
    let execution = send("s").await.ok();
    assert_eq!(execution["webhook"]["request_header"], json!({"X-Gitlab-Event": ["Push Hook"]}));
    assert_eq!(execution["config"]["secret"], Value::Null);
    // As if it had been sealed with another key.
    if let Some(hook) = client.world.hooks.lock().unwrap().get_mut("cds/hook") {
        let task = hook.definition.cds.as_mut().unwrap();
        task.config.get_mut("secret").unwrap().value = "sealed:elsewhere:s".into();
    }
    assert_eq!(send("s").await.error(500), "Internal error: the log has it by this uuid");
}

#[tokio::test]
async fn an_event_delivered_twice_is_answered_with_its_execution() {
    let client = Client::new();
    client.cds("POST", "/task", node("hook", "RepositoryWebHook", &[])).await.ok();
    let deliver = async |id: &str| {
        let headers = [("x-github-event", "push"), ("x-github-delivery", id)];
        client.send("POST", "/webhook/hook", &headers, "{}").await.ok()
    };
    let first = deliver("1").await;
    assert_eq!(deliver("1").await, first);
    assert_ne!(deliver("2").await["timestamp"], first["timestamp"]);
    assert_eq!(client.get("/task/hook").await["nb_executions_total"], 2);
}

#[tokio::test]
async fn who_has_no_url_is_not_there() {
    let client = Client::with_webhook().await;
    client.cds("POST", "/task", node("queue", "RabbitMQ hook", &[("exchange_name", "e")])).await.ok();
    for path in ["/webhook/nobody", "/webhook/a%2Fb", "/webhook/%20", "/webhook/queue"] {
        assert!(
            client.send("POST", path, &[], "").await.error(404).starts_with("There is no task"),
            "{path}"
        );
    }
    assert!(client.sent().is_empty());
}

#[tokio::test]
async fn bodies_are_decoded_within_bounds() {
    let client = Client::with_webhook().await;
    let send = async |encoding: &str, body: Vec<u8>| {
        client.send("POST", "/webhook/hook", &[("content-encoding", encoding)], body).await
    };
    let small = send("gzip", gzip(b"text")).await.ok();
    assert_eq!(small["webhook"]["request_body"], STANDARD.encode("text"));
    let large = send("gzip", gzip(&vec![b'x'; MAX_BODY_BYTES])).await.ok();
    assert_eq!(large["webhook"], Value::Null, "no answer is much larger than its request");
    let stored = client.get(&format!("/task/hook/execution/{}", large["timestamp"])).await;
    assert_eq!(stored["webhook"]["request_body"].as_str().unwrap().len(), MAX_BODY_BYTES.div_ceil(3) * 4);
    for (encoding, body, status) in [
        ("gzip", gzip(&vec![b'x'; MAX_BODY_BYTES + 1]), 413),
        ("identity", vec![b'x'; MAX_BODY_BYTES + 1], 413),
        ("gzip", b"text".to_vec(), 400),
        ("zstd", b"text".to_vec(), 415),
    ] {
        send(encoding, body).await.error(status);
    }
    assert_eq!(client.sent().len(), 2);
}

#[tokio::test]
async fn what_a_stopped_task_skips_is_recorded() {
    let client = Client::with_webhook().await;
    client.cds("POST", "/task/hook/stop", Value::Null).await.ok();
    let execution = client.send("POST", "/webhook/hook", &[], "").await.ok();
    assert_eq!(
        (&execution["status"], &execution["last_error"]),
        (&json!("DONE"), &json!("skipped: the task is stopped"))
    );
    assert_eq!(execution["processing_timestamp"], execution["timestamp"]);
    assert!(client.sent().is_empty());
    assert_eq!(client.get("/task/hook").await["executions"], json!([execution]));
    client.cds("POST", "/task/hook/start", Value::Null).await.ok();
    client.send("POST", "/webhook/hook", &[], "").await.ok();
    assert_eq!(client.sent().len(), 1);
}

#[tokio::test]
async fn what_the_queue_does_not_take_is_said() {
    let client = Client::with_webhook().await;
    client.world.queue_is_down.store(true, Ordering::Relaxed);
    let answer = client.send("POST", "/webhook/hook", &[], "").await;
    assert_eq!(
        answer.error(503),
        "The queue did not answer. Nothing is wrong with the request: try again later"
    );
    let task = client.get("/task/hook").await;
    assert_eq!((&task["nb_executions_todo"], &task["nb_executions_total"]), (&json!(0), &json!(1)));
    assert_eq!(task["executions"][0]["status"], "DONE");
}

/// An event that its sender names, whichever types' senders do.
async fn accept(client: &Client, id: &str) -> Result<Execution, StatusCode> {
    let hook = client.service.tasks().find("hook").await.unwrap().unwrap();
    let task = hook.definition.cds.as_deref().unwrap();
    let cause = Cause::Webhook(WebhookRequest::default());
    let event = Event { fired_by: FiredBy::Webhook, cause, id: Some(id.into()), trace: None };
    client.service.accept(&hook, task, event).await.map_err(|error| error.status)
}

#[tokio::test]
async fn an_event_that_comes_twice_is_one() {
    let client = Client::with_webhook().await;
    let first = accept(&client, "1").await.unwrap();
    let again = accept(&client, "1").await.unwrap();
    assert_eq!(first, again);
    let other = accept(&client, "2").await.unwrap();
    assert_ne!((&first.task_id, first.created), (&other.task_id, other.created));
    let sent: Vec<_> = client.sent().iter().map(|firing| firing.task_id.clone()).collect();
    assert_eq!(sent, [&first.task_id, &first.task_id, &other.task_id].map(Clone::clone));
    client.change("hook", |execution| execution.status = Status::Done);
    assert_eq!(accept(&client, "1").await.unwrap().status, Status::Done);
    assert_eq!(client.sent().len(), 3, "what is over is not sent again");
    assert_eq!(client.world.executions.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn an_event_that_was_not_sent_is_healed_by_its_repetition() {
    let client = Client::with_webhook().await;
    client.world.queue_is_down.store(true, Ordering::Relaxed);
    assert_eq!(accept(&client, "1").await, Err(StatusCode::SERVICE_UNAVAILABLE));
    client.world.queue_is_down.store(false, Ordering::Relaxed);
    let execution = accept(&client, "1").await.unwrap();
    assert_eq!((execution.status, client.sent().len()), (Status::Enqueued, 1));
    // Killed between the claim and the execution.
    client.world.executions.lock().unwrap().clear();
    assert_eq!(accept(&client, "1").await.unwrap(), execution);
    assert_eq!(client.world.executions.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_head_makes_nothing_run() {
    let client = Client::new();
    client.cds("POST", "/task", node("hook", "WebHook", &[("method", "GET")])).await.ok();
    let refused = client.send("HEAD", "/webhook/hook", &[], "").await;
    assert_eq!(refused.status, 405);
    let task = client.cds("GET", "/task/hook", json!(null)).await.ok();
    assert_eq!(task["nb_executions_total"], 0);
}
