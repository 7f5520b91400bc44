use jiff::Timestamp;
use serde_json::json;
use treble_core::change::Subject;

use super::*;

const DEFINITION: &str = r#"{"hookGroupId": "g", "hookId": "a/b", "task": {}, "triggerSchema": {},
    "metadata": {"name": "n", "description": "d", "owner": "o@example.com"}}"#;

/// An image of `g/a/b` with changes to its attributes; null for one that isn't there.
fn image(changes: Value) -> Value {
    let mut image = json!({
        "pk": {"S": "hook#g"}, "sk": {"S": "a/b"}, "v": {"N": "1"},
        "hookDefinition": {"S": DEFINITION}, "created": {"S": "2026-01-01T00:00:00.000000000Z"},
        "revision": {"N": "1"}, "tokenGeneration": {"N": "1767225600000"},
        "due": {"S": "due#3"}, "dueAt": {"N": "1767225660000"}, "patterns": {"L": [{"S": "* * * * *"}]},
        // What a later version may write.
        "other": {"M": {"a": {"L": [{"B": "AA=="}, {"BOOL": true}, {"NULL": true}, {"SS": ["x"]}, {"NS": ["1"]}, {"BS": ["AA=="]}]}}},
    });
    for (name, value) in changes.as_object().unwrap() {
        image[name] = value.clone();
    }
    let image = image.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
    image.map(|(name, value)| (name.clone(), value.clone())).collect::<serde_json::Map<_, _>>().into()
}

fn record(old: Option<Value>, new: Option<Value>) -> Value {
    let mut write = json!({
        "ApproximateCreationDateTime": 1_767_225_600.0, "Keys": {"pk": {"S": "hook#g"}, "sk": {"S": "a/b"}},
        "SequenceNumber": "4421584500000000017450439091", "SizeBytes": 26, "StreamViewType": "NEW_AND_OLD_IMAGES",
    });
    for (name, image) in [("OldImage", old), ("NewImage", new)] {
        if let Some(image) = image {
            write[name] = image;
        }
    }
    json!({
        "eventID": "c4ca4238a0b923820dcc509a6f75849b", "eventName": "MODIFY", "eventVersion": "1.1",
        "eventSource": "aws:dynamodb", "awsRegion": "us-east-1", "dynamodb": write,
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/hooks/stream/2026-01-01T00:00:00.000",
    })
}

#[test]
fn records_of_hooks() {
    let subject = || Subject { hook_group_id: "g".into(), hook_id: "a/b".into() };
    let as_it_was = || Some(image(json!({})));
    for (old, new, expected) in [
        (None, as_it_was(), vec![Change::HookCreated(subject())]),
        (as_it_was(), None, vec![Change::HookDeleted(subject())]),
        (as_it_was(), Some(image(json!({"revision": {"N": "2"}}))), vec![Change::HookUpdated(subject())]),
        (as_it_was(), Some(image(json!({"dueAt": {"N": "1767225720000"}}))), vec![]),
        (as_it_was(), Some(image(json!({"due": null, "dueAt": null, "patterns": null}))), vec![]),
        (as_it_was(), Some(image(json!({"tokenGeneration": {"N": "1767225600001"}}))), vec![]),
    ] {
        let record = record(old, new);
        assert_eq!(changes(&record).unwrap(), expected, "{record}");
        assert_eq!(sequence_number(&record), Some("4421584500000000017450439091"));
    }
}

#[test]
fn a_hook_that_begins_to_fail() {
    let streak = r#"{"since":"2026-01-01T01:00:00Z","taskId":"BwcHBwcHRweHBwcHBwcHBw","firedBy":"schedule","error":"no"}"#;
    let failing = image(json!({"failing": {"S": streak}, "toldAt": {"S": "2026-01-01T01:00:00.000000000Z"}}));
    let began = changes(&record(Some(image(json!({}))), Some(failing.clone()))).unwrap();
    let [Change::FireFailed(failure)] = &began[..] else { panic!("{began:?}") };
    assert!(failure.tell_owner && failure.streak.error == "no");
    let well = image(json!({"toldAt": {"S": "2026-01-01T01:00:00.000000000Z"}}));
    let ended = changes(&record(Some(failing), Some(well))).unwrap();
    let [Change::FireRecovered(recovery)] = &ended[..] else { panic!("{ended:?}") };
    assert_eq!(recovery.since, "2026-01-01T01:00:00Z".parse::<Timestamp>().unwrap());
    assert!(recovery.tell_owner);
}

#[test]
fn items_that_are_no_hooks() {
    for other in [
        json!({"pk": {"S": "groups"}, "sk": {"S": "g"}, "v": {"N": "1"}, "hooks": {"N": "3"}}),
        json!({"pk": {"S": "exchange#e"}, "sk": {"S": "#\0g/h"}, "v": {"N": "1"}, "hook": {"S": "g/h"}}),
        json!({"pk": {"S": "of a later version"}, "sk": {"S": "x"}}),
    ] {
        assert_eq!(changes(&record(None, Some(other.clone()))).unwrap(), [], "{other}");
        assert_eq!(changes(&record(Some(other.clone()), None)).unwrap(), []);
    }
}

#[test]
fn records_that_can_not_be_read() {
    let keys_only = || {
        let mut record = record(None, None);
        record["dynamodb"]["StreamViewType"] = "KEYS_ONLY".into();
        record
    };
    for (record, told) in [
        (json!(null), "this is no record of a DynamoDB stream"),
        (json!({"dynamodb": {"NewImage": {"pk": "x"}}}), "this is no record of a DynamoDB stream"),
        (record(None, Some(image(json!({"x": {"Z": "?"}})))), "this is no record of a DynamoDB stream"),
        (
            record(None, Some(image(json!({"x": {"B": "?"}})))),
            "a record has a binary attribute that is no base64",
        ),
        (keys_only(), "the stream's view is KEYS_ONLY: it must be NEW_AND_OLD_IMAGES"),
        (
            record(None, Some(image(json!({"hookDefinition": {"S": "{}"}})))),
            "the store holds something unreadable",
        ),
        (record(None, Some(image(json!({"pk": null})))), "the store holds something unreadable"),
    ] {
        let error = changes(&record).unwrap_err().to_string();
        assert!(error.starts_with(told), "{error}");
    }
    assert_eq!(sequence_number(&json!({"dynamodb": {"SequenceNumber": 1}})), None);
}
