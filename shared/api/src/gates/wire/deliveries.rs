//! The shapes of deliveries.

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use treble_core::gate::{Attempt, Delivery, Event};
use treble_core::task::iso;

use super::{event, milliseconds};

/// How far a delivery is.
fn status(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": ["waiting", "delivered", "dead"]})
}

/// One event on its way to one integrator.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliverySummary {
    /// Its identity: the `webhook-id` of all its attempts.
    pub delivery_id: String,
    /// Whom it is for.
    pub integrator: String,
    /// What it tells.
    #[schemars(schema_with = "event")]
    pub event: Event,
    /// When it was created.
    #[schemars(extend("format" = "date-time"))]
    pub created: String,
    /// Until when a failure is tried again.
    #[schemars(extend("format" = "date-time"))]
    pub retry_until: String,
    /// How far it is: a dead one was given up, and can be sent again.
    #[schemars(schema_with = "status")]
    pub status: &'static str,
    /// How many attempts there were.
    pub attempt_count: u32,
    /// Why it is dead, or why the last attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub last_error: Option<String>,
}

impl From<&Delivery> for DeliverySummary {
    fn from(delivery: &Delivery) -> Self {
        Self {
            delivery_id: delivery.id.to_string(),
            integrator: delivery.integrator.to_string(),
            event: delivery.event,
            created: iso(delivery.created),
            retry_until: iso(delivery.retry_until),
            status: delivery.status.as_str(),
            attempt_count: delivery.attempts,
            last_error: delivery.last_error.clone(),
        }
    }
}

/// List of an integrator's deliveries, the oldest first.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryList {
    /// The deliveries; there may be fewer than asked for, or none, though more follow.
    pub deliveries: Vec<DeliverySummary>,
    /// To be passed to get the next part of the list; absent at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub continuation_token: Option<String>,
}

/// A delivery with what it says, and its attempts.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryDetails {
    /// The delivery.
    #[serde(flatten)]
    pub summary: DeliverySummary,
    /// What it says.
    #[schemars(with = "Map<String, Value>")]
    pub body: Value,
    /// The attempts, the first one first.
    pub attempts: Vec<DeliveryAttempt>,
}

/// One try to deliver.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryAttempt {
    /// When it began.
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// How long it took, in milliseconds.
    pub latency_ms: u64,
    /// The HTTP status; absent where there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u16")]
    pub status: Option<u16>,
    /// Why there was none, or why the answer doesn't count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub error: Option<String>,
    /// The first bytes of the answer.
    pub reply: String,
}

impl From<Attempt> for DeliveryAttempt {
    fn from(attempt: Attempt) -> Self {
        Self {
            at: iso(attempt.at),
            latency_ms: milliseconds(attempt.latency),
            status: attempt.status,
            error: attempt.error,
            reply: attempt.reply,
        }
    }
}

/// Which deliveries are to be sent again.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecoverRequest {
    /// All dead ones that were created then or later.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub since: Timestamp,
    /// To go on where an earlier call has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub continuation_token: Option<String>,
}

/// What came of it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecoverResponse {
    /// How many deliveries wait again.
    pub recovered: usize,
    /// To be passed to go on, where more may follow; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub continuation_token: Option<String>,
}
