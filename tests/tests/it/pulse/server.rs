//! The local server with a broker: `treble up --pulse`.

use lapin::BasicProperties;
use serde_json::{Value, json};
use treble_tests::{RabbitMq, Request, Server, definition, until};

use super::broker::{User, next};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_fires_a_hook_of_the_local_server_and_a_hook_is_told_of() {
    let broker = tokio::task::spawn_blocking(RabbitMq::start).await.unwrap();
    let user = User::of(&broker).await;
    for exchange in ["e", "exchange/taskcluster-hooks/v1/hook-created"] {
        user.declare(exchange).await;
    }
    let mut created = user.listen("exchange/taskcluster-hooks/v1/hook-created").await;
    let mut server = Server::with(&["--clock", "--pulse", &broker.url()]).await;

    let mut hook = definition();
    hook["bindings"] = json!([
        {"exchange": "e", "routingKeyPattern": "a.#"},
        {"exchange": "nowhere", "routingKeyPattern": "#"},
    ]);
    hook["triggerSchema"] = json!({"type": "object", "required": ["n"]});
    hook["task"]["payload"] = json!({"n": {"$eval": "payload.n"}, "by": "${firedBy}"});
    Request::to("PUT /hooks/g/h").json(&hook).send(&server).await.ok();
    let (_, told) = next(&mut created).await;
    assert_eq!(serde_json::from_str::<Value>(&told).unwrap(), json!({"hookGroupId": "g", "hookId": "h"}));

    // What can't be bound is told, and holds up nothing.
    until(async || {
        let status = Request::to("GET /hooks/g/h/status").send(&server).await.ok();
        status["refusedBindings"].to_string().contains("nowhere")
    })
    .await;
    assert!(server.hooks(&["show", "g/h"]).printed.contains("nowhere"));

    let publish = async |id: &str, body: &str| {
        let properties = BasicProperties::default().with_message_id(id.into());
        user.publish_with("e", "a.b", body, properties).await;
    };
    // Until the queue is bound, the broker drops what is published.
    until(async || {
        publish("1", r#"{"n": 1}"#).await;
        !server.last_fires("g/h").await.is_empty()
    })
    .await;
    if !server.is_on_aws() {
        server = server.kill().start();
    }
    for (id, body) in [("1", r#"{"n": 1}"#), ("2", r#"{"n": 2}"#), ("2", r#"{"n": 2}"#), ("3", r#"{"m": 3}"#)]
    {
        publish(id, body).await;
    }
    until(async || server.last_fires("g/h").await.len() >= 3).await;
    let fires = server.last_fires("g/h").await;
    let mut results: Vec<&Value> = fires.iter().map(|fire| &fire["result"]).collect();
    results.sort_by_key(|result| result.to_string());
    assert_eq!(results, ["error", "success", "success"], "{fires:?}");
    let mut tasks: Vec<(Value, Value)> = server
        .tasks()
        .await
        .iter()
        .map(|task| (task["task"]["payload"].clone(), task["taskId"].clone()))
        .collect();
    tasks.sort_by_key(|(payload, _)| payload.to_string());
    // At a standard queue, one task may be two messages: two deliveries at the same time.
    tasks.dedup();
    let payloads: Vec<Value> = tasks.into_iter().map(|(payload, _)| payload).collect();
    assert_eq!(payloads, [json!({"n": 1, "by": "pulseMessage"}), json!({"n": 2, "by": "pulseMessage"})]);
}
