//! The shapes of the dialect's bodies. The published schemas are generated from these types, and a
//! request is checked against its schema before a handler sees it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use treble_core::cron::MAX_PATTERNS;
use treble_core::firing::FireRecord;
use treble_core::hook::{Hook, MAX_BINDINGS, StoredHook};
use treble_core::task::iso;

/// The trigger schema of a hook that gives none: an empty object, as JSON.
fn no_payload() -> Map<String, Value> {
    match treble_core::trigger_schema::default_trigger_schema() {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

fn email_on_error() -> bool {
    true
}

/// Exchange and routing key pattern of messages that fire a hook.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Binding {
    /// The exchange that the messages are published to.
    #[schemars(length(min = 1))]
    pub exchange: String,
    /// A topic pattern for their routing keys: words between dots, `*` for one word, `#` for any number.
    #[schemars(length(min = 1))]
    pub routing_key_pattern: String,
}

/// What a hook is for and whom to tell when it fails.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HookMetadata {
    /// Human readable name of the hook.
    #[schemars(length(max = 255))]
    pub name: String,
    /// The hook's purpose and behaviour, at length.
    #[schemars(length(max = 32768))]
    pub description: String,
    /// Email of the person or group responsible for this hook.
    #[schemars(length(max = 255))]
    pub owner: String,
    /// Whether to email the owner on an error creating the task.
    #[serde(default = "email_on_error")]
    pub email_on_error: bool,
}

/// Definition of a hook that can create tasks when something happens.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateHookRequest {
    /// The group, as in the URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", regex(pattern = "^([a-zA-Z0-9-_]*)$"), length(min = 1, max = 1000))]
    pub hook_group_id: Option<String>,
    /// The id within the group, as in the URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", regex(pattern = "^([a-zA-Z0-9-_/]*)$"), length(min = 1, max = 1000))]
    pub hook_id: Option<String>,
    /// What the hook is for and whom to tell when it fails.
    pub metadata: HookMetadata,
    /// The messages that fire the hook; up to 50. Left out of an update, they stay as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<Binding>", length(max = MAX_BINDINGS))]
    pub bindings: Option<Vec<Binding>>,
    /// A JSON-e template of the task to create. Its context has `firedBy`, `taskId`, `now`, and, where
    /// there are any, `payload` and `clientId`. Rendering to null creates no task.
    pub task: Map<String, Value>,
    /// When the hook fires: up to 50 cron patterns of five fields, or six with leading seconds, in UTC. A
    /// moment that several patterns name counts once.
    #[serde(default)]
    #[schemars(length(max = MAX_PATTERNS), extend("uniqueItems" = true))]
    pub schedule: Vec<String>,
    /// The JSON schema (draft 7 unless it says otherwise) that a payload must match to fire the hook. Its
    /// defaults are filled in.
    #[serde(default = "no_payload")]
    pub trigger_schema: Map<String, Value>,
}

/// Definition of a hook.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HookDefinition<'a> {
    /// The id within the group.
    pub hook_id: &'a str,
    /// The group.
    pub hook_group_id: &'a str,
    /// The messages that fire the hook; createHook replies without, where they were left out.
    #[serde(default)]
    #[schemars(with = "Vec<Binding>")]
    pub bindings: &'a [treble_core::hook::Binding],
    /// What the hook is for and whom to tell when it fails.
    #[schemars(with = "HookMetadata")]
    pub metadata: &'a treble_core::hook::Metadata,
    /// The JSON-e template of the task to create.
    #[schemars(with = "Map<String, Value>")]
    pub task: &'a Value,
    /// When the hook fires: cron patterns in UTC.
    pub schedule: &'a [String],
    /// The JSON schema of the payloads that fire the hook.
    #[schemars(with = "Map<String, Value>")]
    pub trigger_schema: &'a Value,
}

impl<'a> From<&'a Hook> for HookDefinition<'a> {
    fn from(hook: &'a Hook) -> Self {
        Self {
            hook_id: &hook.hook_id,
            hook_group_id: &hook.hook_group_id,
            bindings: &hook.bindings,
            metadata: &hook.metadata,
            task: &hook.task,
            schedule: &hook.schedule,
            trigger_schema: &hook.trigger_schema,
        }
    }
}

/// List of `hookGroupId`s, in code-point order.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HookGroups {
    /// The groups.
    pub groups: Vec<String>,
    /// To be passed to get the next part of the list; absent at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub continuation_token: Option<String>,
}

/// List of the hooks of a group, in code-point order of their ids.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HookList<'a> {
    /// The hooks.
    pub hooks: Vec<HookDefinition<'a>>,
    /// To be passed to get the next part of the list; absent at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub continuation_token: Option<String>,
}

impl<'a> HookList<'a> {
    /// The list of these hooks.
    pub fn new(hooks: &'a [StoredHook], continuation_token: Option<String>) -> Self {
        let hooks = hooks.iter().map(|hook| HookDefinition::from(&*hook.definition)).collect();
        Self { hooks, continuation_token }
    }
}

/// What is known of a hook's last firing.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "result", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum LastFire {
    /// It never fired.
    NoFire {},
    /// It created a task.
    Success {
        /// The task created.
        #[schemars(regex(pattern = SLUGID))]
        task_id: String,
        /// When.
        #[schemars(extend("format" = "date-time"))]
        time: String,
    },
    /// It failed.
    Error {
        /// Why: what the sink answered, or `{message}`.
        error: Map<String, Value>,
        /// When.
        #[schemars(extend("format" = "date-time"))]
        time: String,
    },
}

/// What a slugid looks like.
const SLUGID: &str = "^[A-Za-z0-9_-]{8}[Q-T][A-Za-z0-9_-][CGKOSWaeimquy26-][A-Za-z0-9_-]{10}[AQgw]$";

/// A snapshot of the current status of a hook.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HookStatus {
    /// The last firing.
    pub last_fire: LastFire,
    /// When the hook's schedule fires it next; absent without a schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub next_scheduled_date: Option<String>,
    /// The bindings that the broker refuses: their messages don't come. Absent when there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused_bindings: Vec<RefusedBinding>,
}

/// A binding that the broker refuses.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefusedBinding {
    /// The binding's exchange.
    pub exchange: String,
    /// The binding's pattern of routing keys.
    pub routing_key_pattern: String,
    /// Why, in the broker's words.
    pub problem: String,
    /// Since when.
    #[schemars(extend("format" = "date-time"))]
    pub since: String,
}

/// A payload: what the hook's trigger schema takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct TriggerHookRequest(
    /// The payload.
    pub Map<String, Value>,
);

/// The task that was created; `{}` when the hook's template rendered to nothing.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TriggerHookResponse {
    /// The task's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", regex(pattern = SLUGID))]
    pub task_id: Option<String>,
    /// The task's status, as Taskcluster's queue structures it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Map<String, Value>")]
    pub status: Option<Value>,
}

/// The secret with which triggerHookWithToken fires a hook.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TriggerTokenResponse {
    /// The token.
    pub token: String,
}

/// One firing and what came of it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fire {
    /// The hook's group.
    pub hook_group_id: String,
    /// The hook's id.
    pub hook_id: String,
    /// `schedule`, `triggerHook`, `triggerHookWithToken` or `pulseMessage`.
    #[schemars(extend("enum" = ["schedule", "triggerHook", "triggerHookWithToken", "pulseMessage"]))]
    pub fired_by: &'static str,
    /// The task.
    #[schemars(regex(pattern = SLUGID))]
    pub task_id: String,
    /// When the task was created, or failed to be.
    #[schemars(extend("format" = "date-time"))]
    pub task_create_time: String,
    /// `success` or `error`.
    #[schemars(extend("enum" = ["success", "error"]))]
    pub result: &'static str,
    /// Why it failed: the sink's answer as JSON, or plain text; empty when it didn't.
    pub error: String,
    /// What has become of the task: the sink would have to be asked, so `unknown`.
    pub task_state: &'static str,
}

impl From<FireRecord> for Fire {
    fn from(record: FireRecord) -> Self {
        Self {
            hook_group_id: record.hook.group().to_owned(),
            hook_id: record.hook.id().to_owned(),
            fired_by: record.fired_by.as_str(),
            task_id: record.task_id.to_string(),
            task_create_time: iso(record.task_created),
            result: record.result.as_str(),
            error: record.error,
            task_state: "unknown",
        }
    }
}

/// A hook's last firings, newest first.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastFires {
    /// The firings.
    pub last_fires: Vec<Fire>,
    /// To be passed to get the next part of the list; absent at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub continuation_token: Option<String>,
}

/// Tells that a hook was created, updated or removed.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HookChanged {
    /// The hook's group.
    pub hook_group_id: String,
    /// The hook's id.
    pub hook_id: String,
}
