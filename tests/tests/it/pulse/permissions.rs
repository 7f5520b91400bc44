//! What the bridge is allowed on AWS: what it was seen to call, and no more.

use std::collections::BTreeSet;

use serde_json::json;
use treble_aws::client::{AwsSettings, configure};
use treble_tests::{Aws, BridgeProcess, RabbitMq, Recorder, Request, Server, definition, until};

use super::broker::User;
use crate::template::{allowed, document::Template};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bridges_policy_allows_what_it_calls_and_no_more() {
    let Some(aws) = Aws::from_env() else { return };
    let broker = tokio::task::spawn_blocking(RabbitMq::start).await.unwrap();
    let user = User::of(&broker).await;
    user.declare("e").await;
    let recorder = Recorder::start(aws.endpoint());
    let settings = AwsSettings {
        region: "us-east-1".into(),
        access_key_id: "test".into(),
        secret_access_key: "test".into(),
        session_token: None,
        endpoint_url: Some(aws.endpoint().to_owned()),
    };
    let sqs = aws_sdk_sqs::Client::new(&configure(&settings));
    let queue = async |name: &str| {
        let created = sqs.create_queue().queue_name(format!("{}-{name}", aws.name())).send().await.unwrap();
        created.queue_url.unwrap()
    };
    let (messages, changes) = (queue("pulse").await, queue("changes").await);
    let mut environment = recorder.environment("bridge", &aws.environment());
    for (name, value) in [
        ("TREBLE_PULSE_QUEUE_URL", messages),
        ("TREBLE_CHANGES_QUEUE_URL", changes.clone()),
        ("TREBLE_AMQP_URL", broker.url()),
    ] {
        environment.push((name.to_owned(), value));
    }
    let prefix = format!("{}-", aws.name());
    let server = Server::on(Some(aws), &[]).await;
    let bind = async |method: &str, pattern: &str| {
        let mut hook = definition();
        hook["bindings"] = json!([{"exchange": "e", "routingKeyPattern": pattern}]);
        Request::to(&format!("{method} /hooks/g/h")).json(&hook).send(&server).await.ok();
    };
    bind("PUT", "a").await;
    let bridge = BridgeProcess::start(&environment);
    tokio::task::block_in_place(|| bridge.wait());
    user.publish("e", "a", "{}").await;
    bind("POST", "b").await;
    let change = json!({
        "source": "treble.hooks", "detail-type": "HookUpdated", "detail": {"hookGroupId": "g", "hookId": "h"},
    });
    sqs.send_message().queue_url(changes).message_body(change.to_string()).send().await.unwrap();

    let template = Template::with(&[("Broker", "yes")]);
    let policy = &template.resource("BridgePolicy")["Properties"]["PolicyDocument"]["Statement"];
    let policy: BTreeSet<_> = policy.as_array().unwrap().iter().flat_map(allowed).collect();
    let called = || -> BTreeSet<(String, String)> {
        let calls = recorder.recorded().remove("bridge").unwrap_or_default();
        let resource = |name: &str| match name.strip_prefix(&prefix) {
            Some("hooks") => "HooksTable".to_owned(),
            Some("pulse") => "PulseQueue".to_owned(),
            Some("changes") => "ChangesQueue".to_owned(),
            _ => name.to_owned(),
        };
        calls.into_iter().map(|(action, name)| (action, resource(&name))).collect()
    };
    until(async || called().is_superset(&policy)).await;
    let exit = tokio::task::block_in_place(|| bridge.terminate());
    assert!(exit.status.success(), "{}", exit.printed);
    assert_eq!(called(), policy);
}
