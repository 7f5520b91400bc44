//! A task's definition: what the service adds to what a template rendered, and the status of a task
//! whose sink keeps none.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::{Map, Value, json};

use crate::firing::Firing;
use crate::slugid::SlugId;
use crate::trace::{TRACEPARENT, TraceContext};

/// An instant as JavaScript's `toISOString` writes it: UTC, milliseconds, `Z`.
pub fn iso(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// Fills in what a rendered definition lacks, after what it has: `created` (the firing's moment),
/// `deadline` (a day later), `expires` (a calendar month later) and `taskGroupId` (the taskId). A property
/// that is `null`, false, 0 or empty counts as lacking, as it does to the reference service.
pub fn fill_defaults(definition: &mut Map<String, Value>, firing: &Firing) {
    let created = firing.created;
    let defaults: [(&str, &dyn Fn() -> String); 4] = [
        ("created", &|| iso(created)),
        ("deadline", &|| iso(later(created, Span::new().days(1)))),
        ("expires", &|| iso(later(created, Span::new().months(1)))),
        ("taskGroupId", &|| firing.task_id.to_string()),
    ];
    for (property, default) in defaults {
        if definition.get(property).is_none_or(is_falsy) {
            definition.insert(property.to_owned(), Value::String(default()));
        }
    }
}

/// Says in a task's `extra` which trace it belongs to, unless its template has said so, or made something else of `extra`
/// than an object.
pub fn say_trace(definition: &mut Map<String, Value>, trace: TraceContext) {
    let extra = definition.entry("extra").or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(extra) = extra {
        extra.entry(TRACEPARENT).or_insert_with(|| trace.to_string().into());
    }
}

/// Whether JavaScript takes a value for false.
pub fn is_falsy(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(truth) => !truth,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(_) | Value::Object(_) => false,
    }
}

/// Ends at the last instant that can be represented.
fn later(instant: Timestamp, span: Span) -> Timestamp {
    instant.to_zoned(TimeZone::UTC).saturating_add(span).timestamp()
}

/// The longest text of a definition that its status repeats, in bytes: far above Taskcluster's own limits.
const MAX_STATUS_TEXT: usize = 256;

/// The status of a task just created at a sink that keeps no status: Taskcluster's *task status
/// structure*, of a task that is pending since `now`. What is no text, or too long a one, is left out.
pub fn pending_status(task_id: &SlugId, definition: &Value, now: Timestamp) -> Value {
    let text = |property: &str| -> Option<&str> {
        definition.get(property)?.as_str().filter(|text| text.len() <= MAX_STATUS_TEXT)
    };
    // A taskQueueId is what later replaced the pair: `<provisionerId>/<workerType>`.
    let queue = text("taskQueueId").and_then(|queue| queue.split_once('/'));
    let retries = definition.get("retries").and_then(Value::as_u64).unwrap_or(5);
    json!({
        "taskId": task_id,
        "provisionerId": text("provisionerId").or(queue.map(|q| q.0)).unwrap_or("-"),
        "workerType": text("workerType").or(queue.map(|q| q.1)).unwrap_or("-"),
        "schedulerId": text("schedulerId").unwrap_or("-"),
        "taskGroupId": text("taskGroupId"),
        "deadline": text("deadline"),
        "expires": text("expires"),
        "retriesLeft": retries,
        "state": "pending",
        "runs": [{"runId": 0, "state": "pending", "reasonCreated": "scheduled", "scheduled": iso(now)}],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::firing::FiredBy;

    fn firing(created: &str) -> Firing {
        Firing {
            task_id: SlugId::from_bytes([7; 16]),
            hook: "g/h".parse().unwrap(),
            fired_by: FiredBy::TriggerHook,
            payload: None,
            client_id: None,
            created: created.parse().unwrap(),
            trace: None,
        }
    }

    fn filled(definition: Value, created: &str) -> Value {
        let Value::Object(mut definition) = definition else { panic!("not an object") };
        fill_defaults(&mut definition, &firing(created));
        Value::Object(definition)
    }

    #[test]
    fn defaults_come_after_what_the_template_set() {
        let definition = filled(json!({"payload": {}, "expires": "later"}), "2026-11-21T10:00:00.5Z");
        let keys: Vec<_> = definition.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["payload", "expires", "created", "deadline", "taskGroupId"]);
        assert_eq!(definition["created"], "2026-11-21T10:00:00.500Z");
        assert_eq!(definition["deadline"], "2026-11-22T10:00:00.500Z");
        assert_eq!(definition["expires"], "later");
        assert_eq!(definition["taskGroupId"], SlugId::from_bytes([7; 16]).to_string());
    }

    #[test]
    fn a_trace_is_said_once() {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let trace = TraceContext::from_traceparent(text).unwrap();
        for (before, after) in [
            (json!({}), json!({"extra": {"traceparent": text}})),
            (json!({"extra": {"a": 1}}), json!({"extra": {"a": 1, "traceparent": text}})),
            (json!({"extra": {"traceparent": null}}), json!({"extra": {"traceparent": null}})),
            (json!({"extra": [1]}), json!({"extra": [1]})),
        ] {
            let Value::Object(mut definition) = before else { panic!("not an object") };
            say_trace(&mut definition, trace);
            assert_eq!(Value::Object(definition), after);
        }
    }

    #[test]
    fn a_month_is_a_calendar_month() {
        for (created, expires) in [
            ("2026-11-21T10:00:00Z", "2026-12-21T10:00:00.000Z"),
            ("2026-01-31T10:00:00Z", "2026-02-28T10:00:00.000Z"),
        ] {
            assert_eq!(filled(json!({}), created)["expires"], expires);
        }
    }

    #[test]
    fn falsy_properties_count_as_lacking() {
        let definition = filled(json!({"created": null, "taskGroupId": ""}), "2026-11-21T10:00:00Z");
        assert_eq!(definition["created"], "2026-11-21T10:00:00.000Z");
        assert_ne!(definition["taskGroupId"], "");
    }

    #[test]
    fn a_status_repeats_no_long_text() {
        let long = json!({"schedulerId": "s".repeat(MAX_STATUS_TEXT + 1), "expires": 7});
        let status = pending_status(&SlugId::from_bytes([7; 16]), &long, Timestamp::UNIX_EPOCH);
        assert_eq!((&status["schedulerId"], &status["expires"]), (&json!("-"), &Value::Null));
    }

    #[test]
    fn a_status_takes_the_queue_from_either_form() {
        let now = "2026-11-21T10:00:00Z".parse().unwrap();
        let id = SlugId::from_bytes([7; 16]);
        for definition in [
            json!({"provisionerId": "p", "workerType": "w", "retries": 2}),
            json!({"taskQueueId": "p/w", "retries": 2}),
        ] {
            let status = pending_status(&id, &definition, now);
            assert_eq!((&status["provisionerId"], &status["workerType"]), (&json!("p"), &json!("w")));
            assert_eq!(status["retriesLeft"], 2);
            assert_eq!(status["runs"][0]["scheduled"], "2026-11-21T10:00:00.000Z");
        }
    }
}
