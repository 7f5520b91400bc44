//! Changes of hooks on their way from the table's stream over the event bus to owners: the function binaries, with events
//! as Lambda hands them over.

use serde_json::{Value, json};
use treble_tests::{EventBridge, Lambda, Request, Server, definition};

/// An item of the hooks table, as the stream shows it.
fn item(id: &str, revision: u32) -> Value {
    let mut definition = definition();
    definition["hookGroupId"] = "g".into();
    definition["hookId"] = id.into();
    json!({
        "pk": {"S": "hook#g"}, "sk": {"S": id}, "v": {"N": "1"}, "hookDefinition": {"S": definition.to_string()},
        "created": {"S": "2026-01-01T00:00:00Z"}, "revision": {"N": revision.to_string()}, "tokenGeneration": {"N": "1"},
    })
}

/// A write of `+a`, a new hook, `~a`, a changed one, or `-a`, one that is removed.
fn record(number: usize, write: &str) -> Value {
    let (sign, id) = write.split_at(1);
    let mut images = match sign {
        "+" => json!({"NewImage": item(id, 1)}),
        "~" => json!({"OldImage": item(id, 1), "NewImage": item(id, 2)}),
        _ => json!({"OldImage": item(id, 2)}),
    };
    images["SequenceNumber"] = number.to_string().into();
    images["StreamViewType"] = "NEW_AND_OLD_IMAGES".into();
    json!({"eventSource": "aws:dynamodb", "dynamodb": images})
}

/// An event in the same signs.
fn sign(kind: &Value, detail: &Value) -> String {
    let sign = match kind.as_str().unwrap() {
        "HookCreated" => "+",
        "HookUpdated" => "~",
        "HookDeleted" => "-",
        other => other,
    };
    format!("{sign}{}", detail["hookId"].as_str().unwrap())
}

fn taken(bus: &EventBridge) -> Vec<String> {
    let detail = |event: &Value| serde_json::from_str(event["Detail"].as_str().unwrap()).unwrap();
    bus.taken().iter().map(|event| sign(&event["DetailType"], &detail(event))).collect()
}

/// Invokes the function as a stream does: after a failure again, from the first record that failed. Gives how often.
fn deliver(function: &Lambda, records: &[Value]) -> usize {
    let (mut from, mut invocations) = (0, 0);
    loop {
        invocations += 1;
        let reply = function.invoke(&json!({"Records": records[from..]}));
        let failures = reply["batchItemFailures"].as_array().unwrap();
        let Some(failure) = failures.first() else { return invocations };
        assert_eq!(failures.len(), 1, "{reply}");
        let number = &failure["itemIdentifier"];
        from = records.iter().position(|record| &record["dynamodb"]["SequenceNumber"] == number).unwrap();
    }
}

/// What the bus does not take at first comes again, and with it what follows; each hook's changes in their order.
#[test]
fn what_the_bus_refuses_is_read_from_the_stream_again() {
    let bus = EventBridge::start();
    let function = Lambda::start("publish-changes", &bus.environment());
    let mut records: Vec<Value> = ["+a", "+b", "~a", "-b", "+c"]
        .iter()
        .enumerate()
        .map(|(number, write)| record(number, write))
        .collect();
    records.insert(1, json!({"dynamodb": {"SequenceNumber": "x", "NewImage": {"pk": {"S": "hook#g"}}}}));
    records.insert(3, json!({"dynamodb": {"SequenceNumber": "y", "NewImage": {"pk": {"S": "groups"}}}}));

    assert_eq!(deliver(&function, &records), 1);
    assert_eq!(taken(&bus), ["+a", "+b", "~a", "-b", "+c"]);

    let bus = EventBridge::start();
    let function = Lambda::start("publish-changes", &bus.environment());
    bus.refuse_next(200, &[1]);
    assert_eq!(deliver(&function, &records), 2);
    // b's removal is never there before its creation.
    assert_eq!(taken(&bus), ["+a", "+b", "~a", "-b", "+c"]);

    // The SDK tries a call three times.
    let bus = EventBridge::start();
    let function = Lambda::start("publish-changes", &bus.environment());
    (0..3).for_each(|_| bus.refuse_next(500, &[]));
    assert_eq!(deliver(&function, &records), 2);
    assert_eq!(taken(&bus), ["+a", "+b", "~a", "-b", "+c"]);
}

#[test]
fn a_function_without_a_bus_says_so() {
    let exit = Lambda::start("publish-changes", &[]).finish();
    assert_eq!(exit.status.code(), Some(1), "{exit:?}");
    assert!(exit.printed.contains("TREBLE_EVENT_BUS is not set"), "{exit:?}");
}

/// The whole way: functions write hooks, the table's stream tells, the bus's rule hands over, the owner is mailed.
#[tokio::test]
async fn changes_reach_the_bus_and_owners() {
    let Some(server) = Server::on_functions().await else { return };
    let aws = server.aws().unwrap();
    aws.create_bus().await;
    aws.verify_mail_from("hooks@example.com").await;

    let id = format!("on-{}", aws.bus());
    let mut broken = definition();
    // Where mails go to that nobody reads.
    broken["metadata"]["owner"] = "success@simulator.amazonses.com".into();
    broken["task"]["payload"] = json!({"$eval": "nobodyKnows"});
    let mut fixed = broken.clone();
    fixed["task"]["payload"] = json!({});
    let send = async |line: &str, body: &Value| Request::to(line).json(body).send(&server).await;
    let (hook, other) = (format!("/hooks/g/{id}"), "/hooks/g/other");
    send(&format!("PUT {hook}"), &broken).await.ok();
    send(&format!("PUT {other}"), &definition()).await.ok();
    send(&format!("POST {hook}/token"), &json!({})).await.ok();
    for _ in 0..2 {
        assert_ne!(send(&format!("POST {hook}/trigger"), &json!({})).await.status, 200);
    }
    send(&format!("POST {hook}"), &fixed).await.ok();
    send(&format!("POST {hook}/trigger"), &json!({})).await.ok();
    assert_eq!(Request::to(&format!("DELETE {other}")).send(&server).await.status, 200);

    let mut environment = server.gateway().environment().to_vec();
    environment.push(("TREBLE_EVENT_BUS".to_owned(), aws.bus()));
    environment.push(("TREBLE_MAIL_FROM".to_owned(), "hooks@example.com".to_owned()));
    let publish = Lambda::start("publish-changes", &environment);
    let records = aws.stream_records().await;
    assert!(records.len() >= 8, "groups too: {records:?}");
    for batch in records.chunks(3) {
        assert_eq!(deliver(&publish, batch), 1);
    }
    let events = aws.receive_events().await;
    let of = |id: &str| -> Vec<String> {
        let events = events.iter().filter(|event| event["detail"]["hookId"] == id);
        events.map(|event| event["detail-type"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(of(&id), ["HookCreated", "FireFailed", "HookUpdated", "FireRecovered"]);
    assert_eq!(of("other"), ["HookCreated", "HookDeleted"]);

    let tell = Lambda::start("tell-owner", &environment);
    for event in &events {
        tell.invoke(event);
    }
    tell.invoke(&json!({"source": "treble.hooks", "detail-type": "of a later version", "detail": {}}));
    let subjects: Vec<Value> = aws.mails().await.iter().map(|mail| mail["Subject"].clone()).collect();
    let subjects: Vec<&str> =
        subjects.iter().filter_map(Value::as_str).filter(|subject| subject.contains(&id)).collect();
    assert_eq!(subjects, [format!("Hook g/{id} fails"), format!("Hook g/{id} works again")]);
}
