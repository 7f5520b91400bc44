//! The shapes of integrators.

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use treble_core::gate::ports::LaneState;
use treble_core::gate::{DEFAULT_TIMEOUT, Event, FailurePolicy, Integrator, MAX_TIMEOUT, SigningSecret};
use treble_core::task::iso;

use super::{event, milliseconds};

/// The longest that secrets which were replaced may go on to sign, in seconds.
const MAX_GRACE_SECONDS: u64 = 30 * 24 * 60 * 60;
/// How long they do unless it is said.
const DEFAULT_GRACE_SECONDS: u64 = 24 * 60 * 60;

fn default_timeout() -> u64 {
    milliseconds(DEFAULT_TIMEOUT)
}

fn default_grace() -> u64 {
    DEFAULT_GRACE_SECONDS
}

fn events(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "array", "items": event(generator), "minItems": 1, "uniqueItems": true})
}

fn failure_policy(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": ["reject", "proceed"]})
}

fn timeout(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "integer", "minimum": 1, "maximum": milliseconds(MAX_TIMEOUT)})
}

/// What an integrator is to be.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetIntegratorRequest {
    /// Where its server is: `POST <url>/<event>` is what it is asked and told by.
    #[schemars(length(min = 1, max = 2048))]
    pub url: String,
    /// What it is asked (`pre-`) and told (`post-`).
    #[schemars(schema_with = "events")]
    pub events: BTreeSet<Event>,
    /// How long it may take for an answer, in milliseconds.
    #[serde(default = "default_timeout")]
    #[schemars(schema_with = "timeout")]
    pub timeout_ms: u64,
    /// What it means where it is asked and can't be reached, or gives no answer that can be understood: `reject`, as if it had refused;
    /// `proceed`, as if it had approved.
    #[serde(default)]
    #[schemars(schema_with = "failure_policy")]
    pub failure_policy: FailurePolicy,
    /// Email of whom to tell when its server is down for a while; nobody is, where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 255))]
    pub owner: Option<String>,
}

/// An integrator.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IntegratorDefinition {
    /// What it is called.
    pub name: String,
    /// Where its server is.
    pub url: String,
    /// What it is asked and told.
    #[schemars(schema_with = "events")]
    pub events: BTreeSet<Event>,
    /// How long it may take for an answer, in milliseconds.
    #[schemars(schema_with = "timeout")]
    pub timeout_ms: u64,
    /// What it means where it is asked and gives no answer.
    #[schemars(schema_with = "failure_policy")]
    pub failure_policy: FailurePolicy,
    /// Whom to mail when its server is down for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub owner: Option<String>,
    /// When it was first set.
    #[schemars(extend("format" = "date-time"))]
    pub created: String,
    /// When it was last set, or its secrets changed.
    #[schemars(extend("format" = "date-time"))]
    pub updated: String,
    /// The secrets that sign at present, the newest first.
    pub secrets: Vec<Secret>,
    /// How delivering to it goes.
    pub lane: Lane,
    /// The secret that this call has made: `whsec_` and base64, as Standard Webhooks write it. It is shown this once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub secret: Option<String>,
}

/// What is shown of a secret.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Secret {
    /// When it was made.
    #[schemars(extend("format" = "date-time"))]
    pub created: String,
    /// From when on it does not sign any more; absent until another one takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub expires: Option<String>,
}

/// How delivering to an integrator goes.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Lane {
    /// How often its server failed since it last took something.
    pub failures: u32,
    /// Since when it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub down_since: Option<String>,
    /// When it is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub next_attempt: Option<String>,
    /// Why the last attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub last_error: Option<String>,
}

impl IntegratorDefinition {
    /// What is shown of an integrator; `made` is the secret that this call has made.
    pub fn new(
        integrator: &Integrator,
        lane: LaneState,
        now: Timestamp,
        made: Option<&SigningSecret>,
    ) -> Self {
        let active = integrator.secrets.iter().filter(|secret| secret.expires.is_none_or(|end| now < end));
        Self {
            name: integrator.name.to_string(),
            url: integrator.url.clone(),
            events: integrator.events.clone(),
            timeout_ms: milliseconds(integrator.timeout),
            failure_policy: integrator.failure_policy,
            owner: integrator.owner.clone(),
            created: iso(integrator.created),
            updated: iso(integrator.updated),
            secrets: active
                .map(|secret| Secret { created: iso(secret.created), expires: secret.expires.map(iso) })
                .collect(),
            lane: Lane {
                failures: lane.failures,
                down_since: lane.down_since.map(iso),
                next_attempt: lane.next_attempt.map(iso),
                last_error: lane.last_error,
            },
            secret: made.map(|secret| secret.secret.clone()),
        }
    }
}

/// List of integrators, in the order of their names.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IntegratorList {
    /// The integrators.
    pub integrators: Vec<IntegratorDefinition>,
    /// To be passed to get the next part of the list; absent at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub continuation_token: Option<String>,
}

/// How secrets are replaced.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RotateSecretRequest {
    /// For how long those that there are sign as well, so that the integrator has time to take the new one: a day, unless it is
    /// said; 0 where they are known to others.
    #[serde(default = "default_grace")]
    #[schemars(range(max = MAX_GRACE_SECONDS))]
    pub grace_seconds: u64,
}

/// What came of a probe.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProbeResponse {
    /// Whether it answered with a status below 500: then what waits for it is delivered from now on.
    pub reached: bool,
    /// The HTTP status; absent where there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u16")]
    pub status: Option<u16>,
    /// How long it took, in milliseconds.
    pub latency_ms: u64,
    /// Why there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub error: Option<String>,
}
