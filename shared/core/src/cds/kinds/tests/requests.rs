use serde_json::{Value, json};

use super::{config, entries, kind, request, run};
use crate::cds::{Cause, WebhookRequest};

const JSON: (&str, &str) = ("Content-Type", "application/json");
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// What a webhook's workflow gets, without who triggered it.
fn told(entries: &[(&str, &str)], request: WebhookRequest) -> Result<Value, String> {
    let payload = (kind("Webhook").payload)(&config(entries), &Cause::Webhook(request));
    let mut told = run(payload.map_err(|error| error.to_string())?);
    assert_eq!(told.remove("cds.triggered_by.username").unwrap(), "cds.webhook");
    assert_eq!(told.remove("cds.triggered_by.fullname").unwrap(), "CDS Webhook");
    Ok(json!(told))
}

#[test]
fn webhooks_tell_what_the_request_says() {
    let cases: [(WebhookRequest, Value); 24] = [
        (request("GET", "", &[], ""), json!({"payload": ""})),
        (request("GET", "a=1&B=2", &[], ""), json!({"a": "1", "B": "2", "payload": "a=1&B=2"})),
        // Of several with one name the first counts.
        (request("GET", "a=1&a=2", &[], ""), json!({"a": "1", "payload": "a=1&a=2"})),
        (
            request("GET", "a=b+c%20d&e&=f", &[], ""),
            json!({"a": "b c d", "e": "", "payload": "a=b+c%20d&e&=f"}),
        ),
        (request("GET", "a=%ff", &[], ""), json!({"a": "\u{fffd}", "payload": "a=%ff"})),
        // No body is looked at.
        (request("GET", "q=1", &[JSON], r#"{"a": 1}"#), json!({"q": "1", "payload": "q=1"})),
        (request("DELETE", "q=1", &[FORM], "a=1"), json!({"q": "1", "payload": "q=1"})),
        (
            request("POST", "q=1", &[("Content-Type", "text/plain")], "hello"),
            json!({"q": "1", "payload": "q=1"}),
        ),
        (request("POST", "", &[], "hello"), json!({"payload": ""})),
        (
            request("POST", "", &[FORM], "a=1&b=x%20y"),
            json!({"a": "1", "b": "x y", "payload": "a=1&b=x%20y"}),
        ),
        (request("PUT", "", &[FORM], "a=1"), json!({"a": "1", "payload": "a=1"})),
        (request("PATCH", "", &[FORM], "a=1"), json!({"a": "1", "payload": "a=1"})),
        (
            request(
                "POST",
                "",
                &[("content-type", "Application/X-WWW-Form-Urlencoded ; charset=UTF-8")],
                "a=%C3%A9",
            ),
            json!({"a": "é", "payload": "a=%C3%A9"}),
        ),
        // The query comes before the body.
        (request("POST", "a=1", &[FORM], "a=2&b=3"), json!({"a": "1", "b": "3", "payload": "a=2&b=3"})),
        (request("POST", "", &[FORM], ""), json!({"payload": ""})),
        (request("POST", "", &[FORM], b"a=\xff"), json!({"a": "\u{fffd}", "payload": "a=\u{fffd}"})),
        (
            request("POST", "", &[JSON], r#"{"A": {"b": [1]}}"#),
            json!({"a.b.b0": "1", "payload": r#"{"A": {"b": [1]}}"#}),
        ),
        (request("PUT", "", &[JSON], "[true]"), json!({"0": "true", "payload": "[true]"})),
        (
            request("POST", "", &[("Content-Type", "application/json; charset=utf-8")], "\u{feff}{\"a\": 1}"),
            json!({"a": "1", "payload": "\u{feff}{\"a\": 1}"}),
        ),
        (request("POST", "q=1", &[JSON], "5"), json!({"q": "1", "payload": "5"})),
        (request("POST", "", &[JSON], ""), json!({"payload": ""})),
        // It says that it is JSON, and isn't.
        (request("POST", "", &[JSON], "{\"a\": "), json!({"payload": "{\"a\": "})),
        (
            request("POST", "", &[JSON], b"{\"a\": \"\xff\"}"),
            json!({"a": "\u{fffd}", "payload": "{\"a\": \"\u{fffd}\"}"}),
        ),
        // What is the service's to say.
        (
            request(
                "POST",
                "payload=x&cds.triggered_by.username=root&cds.triggered_by.email=r@example.com",
                &[JSON],
                r#"{"payload": "y"}"#,
            ),
            json!({"payload": r#"{"payload": "y"}"#}),
        ),
    ];
    for (request, expected) in cases {
        let what = format!("{request:?}");
        assert_eq!(told(&[], request), Ok(expected), "{what}");
    }
}

#[test]
fn webhooks_tell_what_is_configured() {
    let configured = [
        ("project", "P"),
        ("workflow", "w"),
        ("method", "POST"),
        ("secret", "sealed"),
        ("Branch", "main"),
        ("webHookURL", "https://hooks.example/webhook/1"),
        ("workflow_id", "7"),
    ];
    let expected = json!({
        "Branch": "main", "webHookURL": "https://hooks.example/webhook/1", "workflow_id": "7", "payload": "",
    });
    assert_eq!(told(&configured, request("POST", "", &[], "")), Ok(expected));
    // The request comes before it.
    let asked = told(&[("env", "prod")], request("POST", "env=test", &[], ""));
    assert_eq!(asked, Ok(json!({"env": "test", "payload": "env=test"})));
}

#[test]
fn webhooks_that_are_too_large_are_errors() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let many = format!("[{}0]", "0,".repeat(20_000));
    let fields = "a=1&".repeat(20_001);
    let cases = [
        (
            request("POST", "", &[JSON], deep),
            "the request's body can't be made a payload: it is nested more than 128 deep",
        ),
        (
            request("POST", "", &[JSON], many),
            "the request's body can't be made a payload: it has more than 20000 values",
        ),
        (
            request("POST", "", &[FORM], &fields),
            "the request's body can't be made a payload: it has more than 20000 values",
        ),
        (
            request("GET", &fields, &[], ""),
            "the request's query can't be made a payload: it has more than 20000 values",
        ),
    ];
    for (request, expected) in cases {
        assert_eq!(told(&[], request), Err(expected.to_owned()));
    }
}

#[test]
fn schedulers_tell_what_is_configured() {
    let cause = Cause::ScheduledTask { date_scheduled_execution: jiff::Timestamp::UNIX_EPOCH };
    let cases = [
        (vec![], json!({})),
        (vec![("payload", "")], json!({})),
        (vec![("payload", "{}")], json!({"payload": "{}"})),
        (vec![("payload", "null")], json!({"payload": "null"})),
        (
            vec![("payload", r#"{"Git.Branch": "main"}"#)],
            json!({"git.branch": "main", "payload": r#"{"Git.Branch": "main"}"#}),
        ),
        (vec![("payload", "[1]")], json!({"0": "1", "payload": "[1]"})),
        (vec![("payload", r#"{"payload": 1}"#)], json!({"payload": r#"{"payload": 1}"#})),
        (vec![("payload", r#"{"a": 1}"#), ("a", "2")], json!({"a": "2", "payload": r#"{"a": 1}"#})),
        (
            vec![
                ("project", "P"),
                ("workflow", "w"),
                ("cron", "* * * * *"),
                ("timezone", "UTC"),
                ("secret", "s"),
                ("X", "y"),
            ],
            json!({"X": "y"}),
        ),
        (vec![("cds.triggered_by.username", "root")], json!({})),
    ];
    for (configured, expected) in cases {
        let told = run((kind("Scheduler").payload)(&config(&configured), &cause).unwrap());
        let mut expected = entries(expected);
        expected.insert("cds.triggered_by.username".into(), "cds.scheduler".into());
        expected.insert("cds.triggered_by.fullname".into(), "CDS Scheduler".into());
        assert_eq!(told, expected, "{configured:?}");
    }
    let error = (kind("Scheduler").payload)(&config(&[("payload", "{")]), &cause).unwrap_err().to_string();
    assert!(
        error.starts_with("config payload: must be JSON, e.g. {\"branch\": \"main\"}, and is not: EOF"),
        "{error}"
    );
}
