use aws_sdk_sqs::Client;
use serde_json::{Value, json};
use treble_core::change::{Change, Subject};
use treble_core::ports::{ChangeQueue as _, PulseQueue, QueueError};
use treble_core::pulse::PulseMessage;

use super::SqsChanges;
use super::changes::change;
use crate::queue::SqsQueue;
use crate::stub::{Step, Stub};

const QUEUE: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/pulse";

fn client(stub: &Stub) -> Client {
    Client::new(&stub.sdk_config())
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
        trace: None,
    }
}

#[tokio::test]
async fn a_message_is_sent_as_json_in_the_group_of_its_exchange() {
    let taken = [0, 1].map(|id| json!({"Id": id.to_string(), "MessageId": "m", "MD5OfMessageBody": ""}));
    let stub = Stub::new([Step::json(200, &json!({"Successful": taken, "Failed": []}))]);
    let messages = [message(0, json!({"x": "\u{ffff}"})), message(1, json!(null))];
    let results = PulseQueue::send(&SqsQueue::new(client(&stub), QUEUE), &messages).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let sent = stub.sent()[0].json();
    let body = sent["Entries"][0]["MessageBody"].as_str().unwrap();
    assert!(!body.contains('\u{ffff}'), "{body}");
    assert_eq!(serde_json::from_str::<PulseMessage>(body).unwrap(), messages[0]);
    let groups: Vec<_> = [0, 1].map(|entry| sent["Entries"][entry]["MessageGroupId"].clone()).into();
    assert_eq!(groups[0], groups[1]);
    assert_eq!(groups[0].as_str().unwrap().len(), 43);
}

#[tokio::test]
async fn a_message_that_is_too_large_is_told_apart() {
    let stub = Stub::new([]);
    let large = [message(0, json!("x".repeat(300 * 1024)))];
    let results = PulseQueue::send(&SqsQueue::new(client(&stub), QUEUE), &large).await;
    assert!(matches!(results[..], [Err(QueueError::TooLarge { .. })]), "{results:?}");
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
    let subject = Subject { hook_group_id: "g".into(), hook_id: "a/b".into() };
    assert_eq!(received[0].change, Some(Change::HookUpdated(subject)));
    assert_eq!((&received[1].change, received[1].receipt.as_str()), (&None, "r2"));
    changes.done("r1").await.unwrap();
    assert_eq!(stub.sent()[1].json()["ReceiptHandle"], "r1");
}

#[test]
fn what_is_no_change_of_a_hook_is_none() {
    let event = |source: &str, kind: &str, group: &str| json!({"source": source, "detail-type": kind, "detail": {"hookGroupId": group, "hookId": "h"}});
    for kind in ["HookCreated", "HookUpdated", "HookDeleted"] {
        assert!(change(&event("treble.hooks", kind, "g").to_string()).is_some());
    }
    for event in [
        event("aws.s3", "HookCreated", "g"),
        event("treble.hooks", "FireFailed", "g"),
        json!({"source": "treble.hooks", "detail-type": "HookCreated", "detail": {}}),
        json!([]),
    ] {
        assert_eq!(change(&event.to_string()), None, "{event}");
    }
}
