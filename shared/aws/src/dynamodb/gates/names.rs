//! What the partitions and attributes of the table of gates are called.

use treble_core::gate::{DeliveryId, Event, IntegratorName};

use crate::dynamodb::item::sort_key;

/// The partition of the integrators.
pub(in crate::dynamodb) const INTEGRATORS: &str = "integrators";

/// The partition of those that want an event.
pub(super) fn wanting(event: Event) -> String {
    format!("event#{event}")
}

/// The partition of a correlation. A `work_id` is whatever an integrator said, of whatever length.
pub(super) fn correlation(work_id: &str) -> String {
    format!("correlation#{}", sort_key(work_id.to_owned()))
}
pub(super) const CORRELATION: &str = "correlation";

/// The partition of an integrator's deliveries.
pub(super) fn deliveries(integrator: &IntegratorName) -> String {
    format!("{DELIVERIES}{integrator}")
}
pub(super) const DELIVERIES: &str = "deliveries#";

/// The partition of those that wait.
pub(super) fn waiting(integrator: &IntegratorName) -> String {
    format!("{WAITING}{integrator}")
}
pub(super) const WAITING: &str = "waiting#";

/// The partition of the attempts at a delivery.
pub(super) fn attempts(id: &DeliveryId) -> String {
    format!("attempts#{id}")
}

/// The partition of an integrator's lane.
pub(super) fn lane(integrator: &IntegratorName) -> String {
    format!("lane#{integrator}")
}
pub(super) const LANE: &str = "lane";

/// An integrator, but for its secrets, as JSON.
pub(super) const INTEGRATOR: &str = "integrator";
/// Its secrets, as JSON, sealed.
pub(super) const SEALED_SECRETS: &str = "sealedSecrets";
pub(super) const CREATED: &str = "created";
pub(super) const UPDATED: &str = "updated";

pub(super) const WORK_ID: &str = "workId";
/// What integrators know a `work_id` by, as JSON.
pub(super) const OWN: &str = "own";

pub(super) const EVENT: &str = "event";
/// What a delivery says, as JSON.
pub(super) const BODY: &str = "body";
pub(super) const RETRY_UNTIL: &str = "retryUntil";
/// (`status` is a reserved word of DynamoDB.)
pub(super) const STATUS: &str = "deliveryStatus";
pub(super) const ATTEMPTS: &str = "attempts";
pub(super) const LAST_ERROR: &str = "lastError";

pub(super) const AT: &str = "attemptedAt";
pub(super) const LATENCY: &str = "latencyMicros";
pub(super) const HTTP_STATUS: &str = "httpStatus";
pub(super) const PROBLEM: &str = "problem";
pub(super) const REPLY: &str = "reply";

/// Who has a lane.
pub(super) const LEASE: &str = "leaseToken";
/// Until when.
pub(super) const LEASE_UNTIL: &str = "leaseUntil";
/// Somebody came for the lane meanwhile.
pub(super) const AGAIN: &str = "again";
pub(super) const FAILURES: &str = "failures";
pub(super) const DOWN_SINCE: &str = "downSince";
pub(super) const NEXT_ATTEMPT: &str = "nextAttempt";
pub(super) const OWNER_TOLD: &str = "ownerTold";
