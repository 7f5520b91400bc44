//! The operations that are measured, and the requests that ask for them.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use treble_tests::{API, Signer};

/// A hook: a template of 60 lines, a schema of 15 properties.
const HOOK: &str = include_str!("fixtures/hook.json");
/// What it is triggered with.
pub(crate) const PAYLOAD: &str = include_str!("fixtures/payload.json");
/// The size of the definition that is created, in bytes.
const DEFINITION_BYTES: usize = 4096;
/// The hook's path.
pub(crate) const PATH: &str = "/hooks/bench/deploy";

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Get,
    Trigger,
    Create,
}

impl Operation {
    pub(crate) const ALL: [Operation; 3] = [Operation::Get, Operation::Trigger, Operation::Create];

    /// Its name in the API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Operation::Get => "hook",
            Operation::Trigger => "triggerHookWithToken",
            Operation::Create => "createHook",
        }
    }

    pub(crate) fn named(name: &str) -> Operation {
        Operation::ALL.into_iter().find(|operation| operation.name() == name).unwrap()
    }

    /// The binary of its function.
    pub(crate) fn function(self) -> &'static str {
        match self {
            Operation::Get => "hook",
            Operation::Trigger => "trigger-hook-with-token",
            Operation::Create => "create-hook",
        }
    }

    /// The calls of AWS that it makes.
    pub(crate) fn calls(self) -> &'static [&'static str] {
        match self {
            Operation::Get => &["GetItem"],
            Operation::Trigger => &["GetItem", "SendMessage", "PutItem"],
            Operation::Create => &["TransactWriteItems"],
        }
    }

    /// What Taskcluster's hooks service needs for it, in milliseconds of CPU (Node.js 24; measured elsewhere).
    pub(crate) fn reference(self) -> f64 {
        match self {
            Operation::Get => 1.15,
            Operation::Trigger => 6.4,
            Operation::Create => 4.9,
        }
    }

    /// What it may need, in milliseconds of CPU.
    pub(crate) fn bar(self) -> f64 {
        match self {
            Operation::Get => 0.22,
            Operation::Trigger => 0.45,
            Operation::Create => 0.5,
        }
    }

    /// What it may need, in times of what its bare calls do.
    pub(crate) fn bar_of_calls(self) -> Option<f64> {
        match self {
            Operation::Get | Operation::Trigger => Some(1.3),
            Operation::Create => None,
        }
    }
}

/// A request, before it is put on a wire.
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Option<String>,
}

impl Request {
    /// A signed request to a path below the mount.
    pub(crate) fn signed(signer: &Signer, method: &'static str, path: &str, body: Option<String>) -> Request {
        Request::at(signer, method, format!("{API}{path}"), body)
    }

    /// Signed for any path.
    pub(crate) fn at(signer: &Signer, method: &'static str, path: String, body: Option<String>) -> Request {
        Request { method, authorization: Some(signer.header(method, &path)), path, body }
    }
}

/// The requests of all operations, at one deployment.
pub(crate) struct Requests {
    signer: Signer,
    trigger: String,
    payload: String,
    definition: String,
    created: AtomicU32,
}

impl Requests {
    /// Those for a hook with this trigger token.
    pub(crate) fn new(signer: Signer, token: &str) -> Requests {
        Requests {
            signer,
            trigger: format!("{API}{PATH}/trigger/{token}"),
            payload: compact(PAYLOAD).to_string(),
            definition: padded(compact(HOOK)),
            created: AtomicU32::new(0),
        }
    }

    /// The next request.
    pub(crate) fn next(&self, operation: Operation) -> Request {
        match operation {
            Operation::Get => Request::signed(&self.signer, "GET", PATH, None),
            Operation::Trigger => Request {
                method: "POST",
                path: self.trigger.clone(),
                authorization: None,
                body: Some(self.payload.clone()),
            },
            Operation::Create => {
                let path = format!("/hooks/bench/{}", self.created.fetch_add(1, Ordering::Relaxed));
                Request::signed(&self.signer, "PUT", &path, Some(self.definition.clone()))
            }
        }
    }
}

/// The hook's definition.
pub(crate) fn hook() -> String {
    compact(HOOK).to_string()
}

/// The same hook's template, for a schedule: with the payload in it, as then there is none.
pub(crate) fn scheduled_task() -> Value {
    let mut payload = json!({
        "branch": "main", "dryRun": false, "timeoutMinutes": 30, "priority": "low", "checks": ["unit", "smoke"],
        "canaryPercent": 5,
    });
    payload.as_object_mut().unwrap().extend(compact(PAYLOAD).as_object().unwrap().clone());
    json!({"$let": {"payload": payload}, "in": compact(HOOK)["task"]})
}

fn compact(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A definition with a description that makes it as large as it should be.
fn padded(mut hook: Value) -> String {
    let description = hook["metadata"]["description"].as_str().unwrap().to_owned();
    let missing = DEFINITION_BYTES - hook.to_string().len();
    hook["metadata"]["description"] = json!(format!("{description}{}", ".".repeat(missing)));
    hook.to_string()
}
