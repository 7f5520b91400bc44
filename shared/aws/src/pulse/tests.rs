use aws_credential_types::Credentials;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{BehaviorVersion, Config, Region};
use aws_smithy_types::retry::RetryConfig;
use serde_json::{Value, json};
use treble_core::ports::{ChangeQueue as _, PulseQueue as _, QueueError};
use treble_core::pulse::{ChangeKind, PulseMessage};

use super::changes::change;
use super::{SqsChanges, SqsPulseQueue};
use crate::sink::stub::{Step, Stub};

const QUEUE: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/pulse";

fn client(stub: &Stub) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-west-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(stub.clone())
        .build();
    Client::from_conf(config)
}

fn message(id: usize, payload: Value) -> PulseMessage {
    PulseMessage {
        id: id.to_string(),
        exchange: "e".into(),
        routing_key: "a.b".into(),
        cc: vec!["route.x".into()],
        received: "2026-11-21T10:00:00Z".parse().unwrap(),
        payload,
        unreadable: None,
    }
}

/// What SQS answers: it took these, and not those.
fn answer(taken: &[usize], refused: &[usize]) -> Step {
    let taken: Vec<Value> = taken
        .iter()
        .map(|id| json!({"Id": id.to_string(), "MessageId": "m", "MD5OfMessageBody": ""}))
        .collect();
    let refused: Vec<Value> = refused
        .iter()
        .map(|id| json!({"Id": id.to_string(), "SenderFault": false, "Code": "InternalError"}))
        .collect();
    Step::json(200, &json!({"Successful": taken, "Failed": refused}))
}

fn oks(results: &[Result<(), QueueError>]) -> Vec<bool> {
    results.iter().map(Result::is_ok).collect()
}

#[tokio::test]
async fn messages_go_in_batches_of_ten() {
    let stub = Stub::new([answer(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], &[]), answer(&[10], &[11])]);
    let messages: Vec<_> = (0..12).map(|id| message(id, json!({"x": "\u{ffff}"}))).collect();
    let results = SqsPulseQueue::new(client(&stub), QUEUE).send(&messages).await;
    assert_eq!(oks(&results), [vec![true; 11], vec![false]].concat());
    let sent = stub.sent();
    let sizes: Vec<_> = sent.iter().map(|sent| sent.json()["Entries"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [10, 2]);
    let body = sent[0].json()["Entries"][0]["MessageBody"].as_str().unwrap().to_owned();
    assert!(!body.contains('\u{ffff}'), "{body}");
    assert_eq!(serde_json::from_str::<PulseMessage>(&body).unwrap(), messages[0]);
}

#[tokio::test]
async fn a_batch_is_no_larger_than_a_message_may_be() {
    let stub = Stub::new([answer(&[0], &[]), answer(&[2], &[])]);
    let large = "x".repeat(150 * 1024);
    let messages = [message(0, json!(large)), message(1, json!([large, large])), message(2, json!(large))];
    let results = SqsPulseQueue::new(client(&stub), QUEUE).send(&messages).await;
    assert_eq!(oks(&results), [true, false, true]);
    assert!(matches!(results[1], Err(QueueError::TooLarge { .. })), "{results:?}");
    assert_eq!(stub.sent().len(), 2);
}

#[tokio::test]
async fn what_sqs_does_not_answer_is_not_taken() {
    let failure = Step::json(500, &json!({"__type": "InternalFailure"}));
    for step in [Step::Refuse, failure, answer(&[], &[])] {
        let stub = Stub::new([step]);
        let messages = [message(0, json!(1)), message(1, json!(2))];
        let results = SqsPulseQueue::new(client(&stub), QUEUE).send(&messages).await;
        let unavailable =
            |result: &Result<(), QueueError>| matches!(result, Err(QueueError::Unavailable { .. }));
        assert!(results.len() == 2 && results.iter().all(unavailable), "{results:?}");
    }
}

#[tokio::test]
async fn changes_come_as_events() {
    let body = json!({
        "version": "0", "source": "treble.hooks", "detail-type": "HookUpdated", "id": "x",
        "detail": {"hookGroupId": "g", "hookId": "a/b"},
    });
    let messages = json!({"Messages": [
        {"Body": body.to_string(), "ReceiptHandle": "r1"}, {"Body": "{}", "ReceiptHandle": "r2"},
    ]});
    let stub = Stub::new([Step::json(200, &messages), Step::json(200, &json!({}))]);
    let changes = SqsChanges::new(client(&stub), QUEUE);
    let received = changes.receive().await.unwrap();
    let change = received[0].change.clone().unwrap();
    assert_eq!((change.kind, change.hook.to_string()), (ChangeKind::HookUpdated, "g/a/b".to_owned()));
    assert_eq!((&received[1].change, received[1].receipt.as_str()), (&None, "r2"));
    changes.done("r1").await.unwrap();
    assert_eq!(stub.sent()[1].json()["ReceiptHandle"], "r1");
}

#[test]
fn what_is_no_change_of_a_hook_is_none() {
    let event = |source: &str, kind: &str, group: &str| json!({"source": source, "detail-type": kind, "detail": {"hookGroupId": group, "hookId": "h"}});
    for kind in ChangeKind::ALL {
        assert!(change(&event("treble.hooks", kind.as_str(), "g").to_string()).is_some());
    }
    for event in [
        event("aws.s3", "HookCreated", "g"),
        event("treble.hooks", "FireFailed", "g"),
        event("treble.hooks", "HookCreated", ""),
        json!([]),
    ] {
        assert_eq!(change(&event.to_string()), None, "{event}");
    }
}
