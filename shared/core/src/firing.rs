//! A firing is one reason to run one hook; a fire record is what came of it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::hook::HookName;
use crate::slugid::SlugId;
use crate::trace::{self, TraceContext};

/// What made a hook fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FiredBy {
    /// An occurrence of the hook's schedule.
    Schedule,
    /// An authenticated call of triggerHook.
    TriggerHook,
    /// A call of triggerHookWithToken.
    TriggerHookWithToken,
    /// A message from a broker.
    PulseMessage,
    /// A request to the URL of a task of CDS.
    Webhook,
}

impl FiredBy {
    /// The name that templates and clients see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::TriggerHook => "triggerHook",
            Self::TriggerHookWithToken => "triggerHookWithToken",
            Self::PulseMessage => "pulseMessage",
            Self::Webhook => "webhook",
        }
    }
}

impl fmt::Display for FiredBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One reason to run one hook. Two firings with the same `task_id` are the same firing. As JSON, it is a message of the
/// queue of firings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Firing {
    /// Identifies the firing and the task that it creates.
    pub task_id: SlugId,
    /// The hook to run.
    pub hook: HookName,
    /// What made it fire.
    pub fired_by: FiredBy,
    /// The payload of the call or message, with the trigger schema's defaults filled in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
    /// Who called triggerHook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The moment of the firing: the template's `now`, and the task's `created` where it sets none.
    pub created: Timestamp,
    /// The trace that it belongs to, where whoever caused it told of one. It is no part of what the firing is.
    #[serde(
        rename = "traceparent",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "trace::deserialize"
    )]
    pub trace: Option<TraceContext>,
}

/// What came of a firing, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FireResult {
    /// The task was created.
    Success,
    /// It could not be created.
    Error,
}

impl FireResult {
    /// The name that clients see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
        }
    }
}

/// The longest error text that a record keeps, in bytes.
pub const MAX_ERROR_BYTES: usize = 131_072;

/// What came of a firing.
#[derive(Debug, Clone, PartialEq)]
pub struct FireRecord {
    /// The firing's identity.
    pub task_id: SlugId,
    /// The hook that fired.
    pub hook: HookName,
    /// What made it fire.
    pub fired_by: FiredBy,
    /// The moment of the firing.
    pub created: Timestamp,
    /// When the task was created, or its creation failed.
    pub task_created: Timestamp,
    /// What came of it.
    pub result: FireResult,
    /// Why it failed, at most [`MAX_ERROR_BYTES`]; empty when it didn't. JSON of the sink's error, or plain text.
    pub error: String,
    /// The status of the created task as the sink told it, so that repeating a request repeats its answer.
    pub status: Option<Value>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_firing_is_a_message() {
        let message = json!({
            "taskId": "AAAAAAAAQACAAAAAAAAAAA", "hook": "g/a/b", "firedBy": "schedule",
            "created": "2026-11-21T10:00:00Z",
        });
        let firing: Firing = serde_json::from_value(message.clone()).unwrap();
        assert_eq!((firing.hook.id(), firing.fired_by), ("a/b", FiredBy::Schedule));
        assert_eq!(serde_json::to_value(&firing).unwrap(), message);
        for (member, wrong) in [("taskId", "x"), ("hook", "g"), ("firedBy", "me"), ("created", "now")] {
            let mut message = message.clone();
            message[member] = wrong.into();
            assert!(serde_json::from_value::<Firing>(message).is_err(), "{member}");
        }
        let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        for (given, kept) in [
            (json!(traceparent), Some(traceparent)),
            (json!("00-x"), None),
            (json!({"a": [1]}), None),
            (json!(null), None),
        ] {
            let mut message = message.clone();
            message["traceparent"] = given;
            let firing: Firing = serde_json::from_value(message.clone()).unwrap();
            assert_eq!(firing.trace.map(|trace| trace.to_string()).as_deref(), kept, "{message}");
            let written = serde_json::to_value(&firing).unwrap();
            assert_eq!(written.get("traceparent").and_then(Value::as_str), kept, "{message}");
        }
    }
}
