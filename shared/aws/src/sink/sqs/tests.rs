use serde_json::json;
use tokio::time::Instant;
use treble_core::firing::Firing;
use treble_core::slugid::SlugId;
use treble_core::trace::TraceContext;

use super::*;
use crate::stub::{Step, Stub};

const STANDARD: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/tasks";
const FIFO: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/tasks.fifo";

fn sink(stub: &Stub, queue_url: &str) -> SqsSink {
    SqsSink::new(Client::new(&stub.sdk_config()), queue_url)
}

fn firing(hook: HookName) -> Firing {
    Firing {
        task_id: SlugId::from_bytes([7; 16]),
        hook,
        fired_by: FiredBy::Schedule,
        payload: None,
        client_id: None,
        created: "2026-11-21T10:00:00Z".parse().unwrap(),
        trace: None,
    }
}

fn hook(name: &str) -> HookName {
    name.parse().unwrap()
}

async fn create(sink: &SqsSink, firing: &Firing, definition: &Value) -> Result<CreatedTask, SinkError> {
    sink.create_task(NewTask { firing, definition, budget: Duration::from_secs(10) }).await
}

/// What SQS answers when it took a message.
fn taken() -> Step {
    Step::json(200, &json!({"MessageId": "5a1e", "MD5OfMessageBody": ""}))
}

/// What SQS answers when something is wrong, with its older name for it in a header.
fn error(status: u16, code: &str, message: &str) -> Step {
    let headers = vec![("content-type", "application/x-amz-json-1.0".to_owned())];
    Step::Answer(status, headers, json!({"__type": code, "message": message}).to_string())
}

#[tokio::test]
async fn the_message_says_which_hook_made_which_task() {
    let stub = Stub::new([taken()]);
    let firing = firing(hook("g/a/b"));
    let created = create(&sink(&stub, STANDARD), &firing, &json!({"b": 1, "a": [null]})).await.unwrap();
    assert_eq!(created, CreatedTask::default());

    let request = stub.sent()[0].json();
    assert_eq!(request["QueueUrl"], STANDARD);
    assert_eq!(request["MessageGroupId"], "g/a/b");
    assert_eq!(request.get("MessageDeduplicationId"), None, "only FIFO queues take one");
    assert_eq!(
        request["MessageBody"],
        r#"{"taskId":"BwcHBwcHRweHBwcHBwcHBw","task":{"b":1,"a":[null]},"hookGroupId":"g","hookId":"a/b","firedBy":"schedule"}"#
    );
}

#[tokio::test]
async fn a_fifo_queue_is_told_the_task_id() {
    let stub = Stub::new([taken()]);
    create(&sink(&stub, FIFO), &firing(hook("g/h")), &json!({})).await.unwrap();
    let request = stub.sent()[0].json();
    assert_eq!(request["MessageDeduplicationId"], "BwcHBwcHRweHBwcHBwcHBw");
    assert_eq!(request["MessageGroupId"], "g/h");
}

#[test]
fn group_ids_fit_and_differ() {
    let name = |last: &str| HookName::new("g".repeat(60), "h".repeat(66) + last).unwrap();
    assert_eq!(group_id(&name("1")), name("1").to_string(), "128 characters fit");
    let (long, other) = (group_id(&name("12")), group_id(&name("13")));
    assert_eq!(long.len(), MAX_GROUP_ID);
    assert!(long.starts_with(&"g".repeat(60)));
    assert_ne!(long, other);
    assert_eq!(long, group_id(&name("12")), "the same hook is the same group");
}

#[tokio::test]
async fn what_is_too_large_is_not_sent() {
    let stub = Stub::new([taken()]);
    let (sink, firing) = (sink(&stub, STANDARD), firing(hook("g/h")));
    let around =
        message(&NewTask { firing: &firing, definition: &json!(""), budget: Duration::ZERO }).unwrap();
    let room = MAX_MESSAGE_BYTES - around.len();

    create(&sink, &firing, &json!("x".repeat(room))).await.unwrap();
    let error = create(&sink, &firing, &json!("x".repeat(room + 1))).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the task's message has 262145 bytes, and at most 262144 are allowed: pass what is large by reference, \
         e.g. as an artifact's URL"
    );
    assert!(matches!(error, SinkError::Rejected { status: 413, code, .. } if code == "InputTooLarge"));
    assert_eq!(stub.sent().len(), 1);
}

#[tokio::test]
async fn a_trace_is_told_in_attributes_where_there_is_room() {
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let traced = Firing { trace: TraceContext::from_traceparent(traceparent), ..firing(hook("g/h")) };
    let around =
        message(&NewTask { firing: &traced, definition: &json!(""), budget: Duration::ZERO }).unwrap();
    let room = MAX_MESSAGE_BYTES - around.len();
    let header = "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1";
    let text = |value: &str| json!({"DataType": "String", "StringValue": value});
    for (length, fits) in [(room - 72, true), (room - 71, false), (room, false)] {
        let stub = Stub::new([taken()]);
        create(&sink(&stub, STANDARD), &traced, &json!("x".repeat(length))).await.unwrap();
        let request = stub.sent()[0].json();
        let expected = fits.then(|| json!({"traceparent": text(traceparent)}));
        assert_eq!(request.get("MessageAttributes"), expected.as_ref(), "{length}");
        assert_eq!(request["MessageSystemAttributes"], json!({"AWSTraceHeader": text(header)}));
    }
}

#[tokio::test]
async fn characters_that_sqs_refuses_are_escaped() {
    let stub = Stub::new([taken()]);
    let definition = json!({"\u{ffff}": "\u{fffe}\u{0}\u{1f}\u{7f}\u{d7ff}\u{10ffff}"});
    create(&sink(&stub, STANDARD), &firing(hook("g/h")), &definition).await.unwrap();

    let request = stub.sent()[0].json();
    let body = request["MessageBody"].as_str().unwrap();
    // https://www.w3.org/TR/REC-xml/#charsets
    let is_allowed =
        |c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(body.chars().all(is_allowed), "{body:?}");
    let parsed: Value = serde_json::from_str(body).unwrap();
    assert_eq!(parsed["task"], definition);
}

#[tokio::test]
async fn only_what_is_wrong_with_the_message_is_the_hooks_fault() {
    for (code, message) in [
        ("com.amazonaws.sqs#InvalidMessageContents", "Invalid characters found."),
        ("InvalidParameterValue", "Message must be shorter than 1024 bytes."),
    ] {
        let stub = Stub::new([error(400, code, message)]);
        let failure = create(&sink(&stub, STANDARD), &firing(hook("g/h")), &json!({})).await.unwrap_err();
        let SinkError::Rejected { status: 400, code: told, message: said, .. } = failure else {
            panic!("{code}: {failure:?}")
        };
        assert!(code.ends_with(&told), "{told}");
        assert_eq!(said, message);
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_queue_is_not_the_hooks_fault() {
    let secret = "arn:aws:iam::123456789012:role/x is not authorized";
    for (step, reason, status) in [
        (
            error(400, "com.amazonaws.sqs#QueueDoesNotExist", ""),
            "SQS answered 400 QueueDoesNotExist",
            Some(400),
        ),
        (error(403, "AccessDeniedException", secret), "SQS answered 403 AccessDeniedException", Some(403)),
        (error(400, "RequestThrottled", ""), "SQS answered 400 RequestThrottled", Some(400)),
        (error(500, "InternalFailure", ""), "SQS answered 500 InternalFailure", Some(500)),
        (Step::text(503, "<html>"), "SQS answered 503 without saying why", Some(503)),
        (Step::Refuse, "SQS could not be reached", None),
    ] {
        let stub = Stub::new([step.clone(), step]);
        let sink = sink(&stub, STANDARD);
        let creating = create(&sink, &firing(hook("g/h")), &json!({})).await.unwrap_err();
        for failure in [creating, sink.check().await.unwrap_err()] {
            let SinkError::Unavailable { reason: told, status: answered, source, .. } = failure else {
                panic!("{reason}: {failure:?}")
            };
            assert_eq!((told.as_str(), answered), (reason, status));
            assert!(source.is_some());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_budget_is_kept() {
    let stub = Stub::new([Step::Hang, Step::Hang]);
    let sink = sink(&stub, STANDARD);
    let start = Instant::now();
    let failure = create(&sink, &firing(hook("g/h")), &json!({})).await.unwrap_err();
    assert_eq!(failure.to_string(), "the sink is unavailable: SQS did not answer in time");
    assert_eq!(start.elapsed().as_secs(), 10);
    sink.check().await.unwrap_err();
    assert_eq!(start.elapsed().as_secs(), 15);
}

#[tokio::test]
async fn a_check_asks_for_the_queue() {
    let stub = Stub::new([Step::json(200, &json!({"Attributes": {"QueueArn": "arn:aws:sqs:::tasks"}}))]);
    sink(&stub, STANDARD).check().await.unwrap();
    let sent = &stub.sent()[0];
    assert_eq!(sent.header("x-amz-target"), Some("AmazonSQS.GetQueueAttributes"));
    assert_eq!(sent.json(), json!({"QueueUrl": STANDARD, "AttributeNames": ["QueueArn"]}));
}
