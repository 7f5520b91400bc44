use serde_json::json;
use treble_core::change::Subject;

use super::*;
use crate::stub::{Step, Stub};

fn bus(stub: &Stub) -> EventBridgeBus {
    EventBridgeBus::new(Client::new(&stub.sdk_config()), "treble")
}

fn created(id: &str) -> Change {
    Change::HookCreated(Subject { hook_group_id: "g".into(), hook_id: id.into() })
}

/// What EventBridge answers: for each event an error's code, or none.
fn answer(codes: &[Option<&str>]) -> Step {
    let entry = |code: &Option<&str>| match code {
        Some(code) => json!({"ErrorCode": code, "ErrorMessage": "so it is"}),
        None => json!({"EventId": "1"}),
    };
    let entries: Vec<_> = codes.iter().map(entry).collect();
    let failed = codes.iter().flatten().count();
    Step::json(200, &json!({"FailedEntryCount": failed, "Entries": entries}))
}

/// Each result in a word.
fn words(results: &[Result<(), PublishError>]) -> Vec<&'static str> {
    let word = |result: &Result<(), PublishError>| match result {
        Ok(()) => "taken",
        Err(PublishError::Unavailable(_)) => "unavailable",
        Err(PublishError::Refused { .. }) => "refused",
    };
    results.iter().map(word).collect()
}

#[tokio::test]
async fn a_change_is_an_event() {
    let stub = Stub::new([answer(&[None])]);
    assert_eq!(words(&bus(&stub).publish(&[created("a/b")]).await), ["taken"]);
    assert_eq!(
        stub.sent()[0].json(),
        json!({"Entries": [{
            "Source": "treble.hooks", "DetailType": "HookCreated", "EventBusName": "treble",
            "Detail": r#"{"hookGroupId":"g","hookId":"a/b"}"#,
        }]})
    );
}

#[tokio::test]
async fn ten_are_a_call() {
    let stub = Stub::new([answer(&[None; 10]), answer(&[None; 10]), answer(&[None; 3])]);
    let changes: Vec<_> = (0..23).map(|number| created(&number.to_string())).collect();
    assert_eq!(words(&bus(&stub).publish(&changes).await), ["taken"; 23]);
    let counts: Vec<_> =
        stub.sent().iter().map(|sent| sent.json()["Entries"].as_array().unwrap().len()).collect();
    assert_eq!(counts, [10, 10, 3]);
    assert!(bus(&Stub::new([])).publish(&[]).await.is_empty());
}

#[tokio::test]
async fn what_is_large_makes_smaller_calls() {
    let stub = Stub::new([answer(&[None; 2]), answer(&[None])]);
    let large = "x".repeat(MAX_BYTES / 3);
    let changes = [created(&large), created(&large), created(&"x".repeat(MAX_BYTES)), created(&large)];
    let results = bus(&stub).publish(&changes).await;
    assert_eq!(words(&results), ["taken", "taken", "refused", "taken"]);
}

#[tokio::test]
async fn each_event_has_its_own_result() {
    let codes = [
        None,
        Some("ThrottlingException"),
        Some("InternalFailure"),
        Some("AccessDeniedException"),
        Some("MalformedDetail"),
        None,
    ];
    let stub = Stub::new([answer(&codes)]);
    let changes: Vec<_> = (0..7).map(|number| created(&number.to_string())).collect();
    let results = bus(&stub).publish(&changes).await;
    let expected = ["taken", "unavailable", "unavailable", "unavailable", "refused", "taken", "unavailable"];
    assert_eq!(words(&results), expected, "the last has no answer");
}

#[tokio::test]
async fn after_a_call_that_fails_none_is_made() {
    for failure in [Step::Refuse, Step::json(500, &json!({"__type": "InternalException"}))] {
        let stub = Stub::new([answer(&[None; 10]), failure]);
        let changes: Vec<_> = (0..25).map(|number| created(&number.to_string())).collect();
        let results = bus(&stub).publish(&changes).await;
        assert_eq!(words(&results), [&["taken"; 10][..], &["unavailable"; 15]].concat());
    }
}

#[test]
fn an_event_is_a_change() {
    let event = |source: &str, kind: &str, detail| json!({"version": "0", "id": "1", "source": source, "detail-type": kind, "detail": detail, "resources": []});
    let detail = || json!({"hookGroupId": "g", "hookId": "h"});
    assert_eq!(change_of(&event("treble.hooks", "HookCreated", detail())).unwrap(), created("h"));
    assert!(matches!(change_of(&event("aws.s3", "HookCreated", detail())), Err(NoChange::Source)));
    for other in [event("treble.hooks", "Other", detail()), event("treble.hooks", "HookCreated", json!({}))] {
        assert!(matches!(change_of(&other), Err(NoChange::Unknown(_))));
    }
    assert!(matches!(change_of(&json!(null)), Err(NoChange::Source)));
}
