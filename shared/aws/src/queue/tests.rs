use serde_json::{Value, json};
use treble_core::gate::ports::{Wake, WakeQueue};
use treble_core::ports::{DelayedFiring, FiringQueue, QueueError};

use super::*;
use crate::stub::{Step, Stub};

fn queue(stub: &Stub) -> SqsQueue {
    SqsQueue::new(Client::new(&stub.sdk_config()), "https://sqs.eu-west-1.amazonaws.com/123456789012/firings")
}

fn messages(bodies: &[usize]) -> Vec<Outgoing> {
    let message = |&length: &usize| Outgoing {
        body: "x".repeat(length),
        group: "g/h".into(),
        delay: Duration::ZERO,
        trace: None,
    };
    bodies.iter().map(message).collect()
}

/// What SQS answers when it took these entries and refused those.
fn answer(taken: &[usize], refused: &[(usize, bool)]) -> Step {
    let taken =
        taken.iter().map(|id| json!({"Id": id.to_string(), "MessageId": "m", "MD5OfMessageBody": ""}));
    let refused = refused.iter().map(
        |(id, fault)| json!({"Id": id.to_string(), "SenderFault": fault, "Code": "Busy", "Message": "later"}),
    );
    Step::json(200, &json!({"Successful": taken.collect::<Vec<_>>(), "Failed": refused.collect::<Vec<_>>()}))
}

fn ids(request: &Value) -> Vec<&str> {
    request["Entries"].as_array().unwrap().iter().map(|entry| entry["Id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_firing_is_a_delayed_message_of_its_hooks_group() {
    let stub = Stub::new([answer(&[0], &[])]);
    let firing = serde_json::from_value(json!({
        "taskId": "BwcHBwcHRweHBwcHBwcHBw", "hook": "g/a/b", "firedBy": "schedule", "created": "2026-11-21T10:00:00Z",
    }));
    let firing = DelayedFiring { firing: firing.unwrap(), delay: Duration::from_secs(17) };
    assert!(matches!(FiringQueue::send(&queue(&stub), &[firing]).await[..], [Ok(())]));
    let request = stub.sent()[0].json();
    let entry = &request["Entries"][0];
    assert_eq!((&entry["DelaySeconds"], &entry["MessageGroupId"]), (&json!(17), &json!("g/a/b")));
    assert_eq!(
        entry["MessageBody"],
        r#"{"taskId":"BwcHBwcHRweHBwcHBwcHBw","hook":"g/a/b","firedBy":"schedule","created":"2026-11-21T10:00:00Z"}"#
    );
}

#[tokio::test]
async fn a_firings_trace_is_told_to_aws_as_well() {
    let stub = Stub::new([answer(&[0], &[])]);
    let firing = serde_json::from_value(json!({
        "taskId": "BwcHBwcHRweHBwcHBwcHBw", "hook": "g/h", "firedBy": "schedule", "created": "2026-11-21T10:00:00Z",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    }));
    let firing = DelayedFiring { firing: firing.unwrap(), delay: Duration::ZERO };
    assert!(matches!(FiringQueue::send(&queue(&stub), &[firing]).await[..], [Ok(())]));
    let request = stub.sent()[0].json();
    let entry = &request["Entries"][0];
    let body: Value = serde_json::from_str(entry["MessageBody"].as_str().unwrap()).unwrap();
    assert_eq!(body["traceparent"], "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    let header = "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1";
    let attributes = json!({"AWSTraceHeader": {"DataType": "String", "StringValue": header}});
    assert_eq!(entry["MessageSystemAttributes"], attributes);
}

#[tokio::test]
async fn a_lane_is_a_message_of_its_integrators_group() {
    let batches = [answer(&(0..10).collect::<Vec<_>>(), &[]), answer(&[0], &[(1, true)])];
    let stub = Stub::new(batches);
    let url = "https://sqs.eu-west-1.amazonaws.com/123456789012/deliveries";
    let wakes = SqsWakes::new(Client::new(&stub.sdk_config()), url);
    let delays =
        [(0, 0), (1, 1), (999, 1), (1000, 1), (1001, 2), (900_000, 900), (900_001, 900), (u64::MAX, 900)];
    let wake = |number: usize| Wake {
        integrator: format!("acme-{number}").parse().unwrap(),
        delay: Duration::from_millis(delays[number % delays.len()].0),
    };
    let sent = wakes.send(&(0..12).map(wake).collect::<Vec<_>>()).await;
    assert!(sent[..11].iter().all(Result::is_ok) && sent[11].is_err(), "{sent:?}");
    let requests = stub.sent();
    assert_eq!(requests[0].json()["QueueUrl"], url);
    let entries = requests.iter().flat_map(|request| request.json()["Entries"].as_array().unwrap().clone());
    for (number, entry) in entries.enumerate() {
        assert_eq!(entry["MessageGroupId"], format!("acme-{number}"));
        assert_eq!(entry["MessageBody"], format!(r#"{{"integrator":"acme-{number}"}}"#));
        assert_eq!(entry["DelaySeconds"], delays[number % delays.len()].1, "{number}");
        let read = WakeMessage::read(entry["MessageBody"].as_str().unwrap()).unwrap();
        assert_eq!(read.integrator.to_string(), format!("acme-{number}"));
    }
    for other in ["", "{}", r#"{"integrator":""}"#, r#"{"integrator":"a/b"}"#, r#"{"integrator":1}"#, "[]"] {
        WakeMessage::read(other).unwrap_err();
    }
}

#[tokio::test]
async fn ten_go_at_once_and_as_many_as_fit() {
    let most = crate::sink::MAX_MESSAGE_BYTES;
    let cases: [(&[usize], &[usize]); 4] =
        [(&[1; 23], &[10, 10, 3]), (&[most, 1, most], &[1, 1, 1]), (&[most / 2; 3], &[2, 1]), (&[], &[])];
    for (bodies, batches) in cases {
        let stub = Stub::new(batches.iter().map(|&length| answer(&(0..length).collect::<Vec<_>>(), &[])));
        let outcomes = queue(&stub).send(&messages(bodies)).await;
        assert!(outcomes.len() == bodies.len() && outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        let sent: Vec<usize> = stub.sent().iter().map(|request| ids(&request.json()).len()).collect();
        assert_eq!(sent, batches);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_sent_again_by_itself() {
    let stub = Stub::new([answer(&[0], &[(1, false), (2, true)]), answer(&[1], &[])]);
    let outcomes = queue(&stub).send(&messages(&[1, 1, 1])).await;
    let [Ok(()), Ok(()), Err(error)] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert_eq!(error.to_string(), "the queue is unavailable: SQS answered Busy later");
    assert_eq!(ids(&stub.sent()[1].json()), ["1"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_again_and_again_is_told() {
    let stub = Stub::new((0..4).map(|_| answer(&[], &[(0, false)])));
    assert!(matches!(queue(&stub).send(&messages(&[1])).await[..], [Err(QueueError::Unavailable { .. })]));
    assert_eq!(stub.sent().len(), 4);
}

#[tokio::test]
async fn a_message_that_fits_no_request_holds_up_no_other() {
    let most = crate::sink::MAX_MESSAGE_BYTES;
    let stub = Stub::new([answer(&[0], &[]), answer(&[0], &[])]);
    let outcomes = queue(&stub).send(&messages(&[1, most + 1, 1])).await;
    assert!(matches!(outcomes[..], [Ok(()), Err(QueueError::TooLarge { .. }), Ok(())]), "{outcomes:?}");
}

#[tokio::test]
async fn a_failed_request_is_told_of_each_message() {
    let stub = Stub::new([Step::json(500, &json!({"message": "secret"}))]);
    let outcomes = queue(&stub).send(&messages(&[1, 1])).await;
    assert!(matches!(outcomes[..], [Err(QueueError::Unavailable { .. }), Err(_)]), "{outcomes:?}");
}

#[tokio::test]
async fn messages_are_postponed() {
    let stub = Stub::new([
        Step::json(200, &json!({"Successful": [{"Id": "0"}], "Failed": []})),
        Step::json(
            200,
            &json!({"Failed": [{"Id": "0", "SenderFault": true, "Code": "Gone"}], "Successful": []}),
        ),
    ]);
    let messages = [("receipt".to_owned(), Duration::from_secs(100_000))];
    queue(&stub).postpone(&messages).await.unwrap();
    assert_eq!(stub.sent()[0].json()["Entries"][0]["VisibilityTimeout"], 43_200);
    let error = queue(&stub).postpone(&messages).await.unwrap_err();
    assert_eq!(error.to_string(), "messages can't be postponed: SQS answered Gone for 1 of them");
}
