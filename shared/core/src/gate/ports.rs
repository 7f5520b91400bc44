//! What gates need from outside.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Attempt, Delivery, DeliveryId, DeliveryStatus, Event, Integrator, IntegratorName};
use crate::ports::{Page, PageRequest, QueueError, StoreError};

/// As much of an integrator's answer is read, in bytes.
pub const MAX_REPLY_BYTES: usize = 64 * 1024;

/// Where integrators are kept.
#[async_trait]
pub trait IntegratorStore: Send + Sync {
    /// The integrator of that name.
    async fn get(&self, name: &IntegratorName) -> Result<Option<Integrator>, StoreError>;

    /// All, in the order of their names.
    async fn list(&self, page: &PageRequest) -> Result<Page<Integrator>, StoreError>;

    /// Those that want an event, in the order of their names: one read that finds nothing, where there are none.
    async fn wanting(&self, event: Event) -> Result<Vec<Integrator>, StoreError>;

    /// Saves one, in the place of `old`; None, where there is to be none of that name yet. False, and nothing changed, where that
    /// isn't what is there any more.
    async fn put(&self, old: Option<&Integrator>, new: &Integrator) -> Result<bool, StoreError>;

    /// Removes one, if it is still like this.
    async fn delete(&self, old: &Integrator) -> Result<bool, StoreError>;
}

/// Which `pre-` event a `post-` event belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correlation {
    /// What ties them together for whoever asked.
    pub work_id: String,
    /// What was asked.
    pub event: Event,
    /// When.
    pub created: Timestamp,
    /// What each integrator knows it by, where that is something else than `work_id`.
    pub own: Vec<(IntegratorName, String)>,
}

/// Where correlations are kept, for 30 days.
#[async_trait]
pub trait CorrelationStore: Send + Sync {
    /// Keeps one; a later one of the same work_id takes its place.
    async fn put(&self, correlation: &Correlation) -> Result<(), StoreError>;

    /// That of a work_id.
    async fn get(&self, work_id: &str) -> Result<Option<Correlation>, StoreError>;
}

/// What is listed of deliveries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Only those that are as far as this.
    pub status: Option<DeliveryStatus>,
    /// Only those that were created then or later.
    pub since: Option<Timestamp>,
}

/// Where deliveries are kept, with their attempts: for 30 days, and as long as they wait.
#[async_trait]
pub trait DeliveryStore: Send + Sync {
    /// Keeps new deliveries, which wait from then on. Those that are there already stay as they are.
    async fn add(&self, deliveries: &[Delivery]) -> Result<(), StoreError>;

    /// One of them.
    async fn get(&self, integrator: &IntegratorName, id: &DeliveryId)
    -> Result<Option<Delivery>, StoreError>;

    /// An integrator's, the oldest first. A page may have fewer than asked for, or none, though more follow.
    async fn list(
        &self,
        integrator: &IntegratorName,
        filter: DeliveryFilter,
        page: &PageRequest,
    ) -> Result<Page<Delivery>, StoreError>;

    /// The attempts at one, the first one first.
    async fn attempts(&self, id: &DeliveryId) -> Result<Vec<Attempt>, StoreError>;

    /// An integrator's deliveries that wait, the oldest first, up to so many. Consistent: what was added before is there.
    async fn waiting(&self, integrator: &IntegratorName, limit: usize) -> Result<Vec<Delivery>, StoreError>;

    /// Keeps an attempt, and how far its delivery is now: `delivery` is as it is after it. All or nothing. None for an attempt
    /// where there was none, as the integrator is gone.
    async fn attempted(&self, delivery: &Delivery, attempt: Option<&Attempt>) -> Result<(), StoreError>;

    /// Makes a delivery that is over wait again, until `retry_until` at least. False where it waits already, or isn't there.
    async fn revive(&self, delivery: &Delivery, retry_until: Timestamp) -> Result<bool, StoreError>;
}

/// How an integrator's lane is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LaneState {
    /// How often its endpoint failed since it last took something: while that is none, the breaker is closed.
    pub failures: u32,
    /// Since when it fails.
    pub down_since: Option<Timestamp>,
    /// When its endpoint is tried again; at once, where there is none.
    pub next_attempt: Option<Timestamp>,
    /// Whether its owner was told that it is down.
    pub owner_told: bool,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

/// What came of trying to get a lane for oneself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is whose token that is, until the lease ends. `state` is as the one before has left it.
    Yes(LaneState),
    /// Somebody else has it, and will look again for what waits before they leave it.
    Busy,
    /// Its endpoint is not to be tried before.
    NotBefore(Timestamp),
}

/// Where it is kept how lanes are, and who works which.
#[async_trait]
pub trait LaneStore: Send + Sync {
    /// Tries to get a lane, until `until`. `token` tells who has it. What ended at `now` is free.
    async fn take(
        &self,
        integrator: &IntegratorName,
        token: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Taken, StoreError>;

    /// Keeps a lane for longer. False where it is somebody else's by now.
    async fn keep(
        &self,
        integrator: &IntegratorName,
        token: &str,
        until: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Leaves a lane as `state`, unless somebody has come for it meanwhile and went away: then it is still this one's, who has to look
    /// again for what waits, and the answer is false. A lane that is somebody else's by now is left.
    async fn leave(
        &self,
        integrator: &IntegratorName,
        token: &str,
        state: &LaneState,
    ) -> Result<bool, StoreError>;

    /// How a lane is.
    async fn get(&self, integrator: &IntegratorName) -> Result<LaneState, StoreError>;

    /// Its endpoint was seen to answer, or is to be tried at once all the same: no failures, no moment to wait for. Whether its
    /// owner was told stays.
    async fn reset(&self, integrator: &IntegratorName) -> Result<(), StoreError>;
}

/// A lane that is to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wake {
    /// Whose.
    pub integrator: IntegratorName,
    /// In how long: at most [`MAX_DELAY`](crate::ports::MAX_DELAY).
    pub delay: Duration,
}

/// The queue of lanes that are to be looked at. Those of one integrator hold up nobody else's.
#[async_trait]
pub trait WakeQueue: Send + Sync {
    /// Sends them. One result for each, in their order.
    async fn send(&self, wakes: &[Wake]) -> Vec<Result<(), QueueError>>;
}

/// Lanes that are to be looked at later than a queue can wait for: in the index of what is due, from which a tick sends them to
/// the [`WakeQueue`].
#[async_trait]
pub trait LaterWakes: Send + Sync {
    /// Keeps one; of each integrator there is one, the last that was said.
    async fn wake_at(&self, integrator: &IntegratorName, at: Timestamp) -> Result<(), StoreError>;
}

/// A lane that waits in the index of what is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueLane {
    /// Whose.
    pub integrator: IntegratorName,
    /// When it is to be looked at.
    pub at: Timestamp,
}

/// The lanes in the index of what is due, as a tick sees them: the other side of [`LaterWakes`].
#[async_trait]
pub trait DueLanes: Send + Sync {
    /// Lanes that are due before a moment, the earliest first, up to so many.
    async fn due(&self, before: Timestamp, limit: usize) -> Result<Vec<DueLane>, StoreError>;

    /// Takes lanes out of the index that were sent on their way, each on the condition that it is due when it was.
    async fn clear(&self, lanes: &[DueLane]) -> Result<(), StoreError>;
}

/// A request to an integrator, signed by whoever sends it.
#[derive(Debug, Clone, Copy)]
pub struct GateRequest<'a> {
    /// Whose.
    pub integrator: &'a Integrator,
    /// Where: a path below its URL, an event's name or `probe`.
    pub path: &'a str,
    /// The `webhook-id`.
    pub id: &'a str,
    /// The present: the `webhook-timestamp`.
    pub now: Timestamp,
    /// The JSON text.
    pub body: &'a str,
}

/// What an integrator answered, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateReply {
    /// The HTTP status.
    pub status: u16,
    /// When to come again, in seconds from the answer, as it said.
    pub retry_after: Option<Duration>,
    /// The body; None where it has more than [`MAX_REPLY_BYTES`].
    pub body: Option<Vec<u8>>,
}

/// Why there is no answer of an integrator. The text is fit for its owner to read.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Unanswered {
    /// What happened: no secrets.
    pub reason: String,
    /// What the adapter met.
    #[source]
    pub source: Option<crate::ports::BoxError>,
}

/// Sends requests to integrators: signed as Standard Webhooks are, to no address that isn't allowed, following no redirects, within
/// the integrator's timeout, connecting within 5 s.
#[async_trait]
pub trait IntegratorClient: Send + Sync {
    /// Sends one.
    async fn post(&self, request: GateRequest<'_>) -> Result<GateReply, Unanswered>;
}
