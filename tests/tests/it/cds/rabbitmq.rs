//! Tasks that run by a broker's messages.

use lapin::BasicProperties;
use serde_json::{Value, json};
use treble_tests::{CdsWorld, RabbitMq, until};

use crate::pulse::broker::User;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_of_a_broker_runs_a_workflow_once() {
    let broker = tokio::task::spawn_blocking(RabbitMq::start).await.unwrap();
    let user = User::of(&broker).await;
    user.declare("builds").await;
    let world = CdsWorld::with(&[], &["--pulse", &broker.url()]).await;
    world.save("u", "RabbitMQ hook", &json!({"exchange_name": "builds", "binding_key": "done.#"})).await;

    let publish = async |key: &str, id: &str| {
        let properties = BasicProperties::default().with_message_id(id.into());
        user.publish_with("builds", key, &format!("{{\"Build\": {{\"id\": {id}}}}}"), properties).await;
    };
    // Until the queue is bound, the broker drops what is published.
    until(async || {
        publish("done.first", "1").await;
        !world.executions("u").await.is_empty()
    })
    .await;
    for (key, id) in [("begun.x", "2"), ("done.x", "3"), ("done.x", "3"), ("done.y", "4")] {
        publish(key, id).await;
    }
    until(async || world.done("u").await.len() >= 3).await;
    let executions = world.done("u").await;
    assert!(
        executions.iter().all(|execution| execution["rabbitmq"]["message"].is_string()),
        "{executions:?}"
    );
    let mut said: Vec<Value> = world.runs("u").iter().map(|run| run.payload["build.id"].clone()).collect();
    said.sort_by_key(Value::to_string);
    assert_eq!(said, ["1", "3", "4"]);
    assert_eq!(world.executions("u").await.len(), 3);
}
