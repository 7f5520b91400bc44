//! A delivery: one event on its way to one integrator.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::{Event, IntegratorName};

/// Identifies a delivery, and is the `webhook-id` of all its attempts: `msg_` and 32 hexadecimal digits. Ids sort by the time
/// of their creation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryId(String);

/// It is no id of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no id of a delivery: that is msg_ and 32 hexadecimal digits")]
pub struct InvalidDeliveryId(pub String);

impl DeliveryId {
    const PREFIX: &str = "msg_";

    /// The id of a delivery that was created then; `unique` tells it from others of the same nanosecond.
    pub fn new(created: Timestamp, unique: u64) -> Self {
        let nanoseconds = u64::try_from(created.as_nanosecond()).unwrap_or_default();
        Self(format!("{}{nanoseconds:016x}{unique:016x}", Self::PREFIX))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DeliveryId {
    type Err = InvalidDeliveryId;

    fn from_str(id: &str) -> Result<Self, InvalidDeliveryId> {
        let digits = id.strip_prefix(Self::PREFIX).unwrap_or_default();
        let is_id =
            digits.len() == 32 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if is_id { Ok(Self(id.to_owned())) } else { Err(InvalidDeliveryId(id.to_owned())) }
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryStatus {
    /// It waits for its first attempt, or the next one.
    Waiting,
    /// The integrator has taken it.
    Delivered,
    /// It was given up: a dead letter, until it is sent again.
    Dead,
}

impl DeliveryStatus {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }
}

/// One event on its way to one integrator.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Its identity.
    pub id: DeliveryId,
    /// Whom it is for.
    pub integrator: IntegratorName,
    /// What it tells.
    pub event: Event,
    /// What it says: a JSON object.
    pub body: Value,
    /// When it was created.
    pub created: Timestamp,
    /// Until when a failure is tried again: two days from its creation, or from when it was sent again.
    pub retry_until: Timestamp,
    /// How far it is.
    pub status: DeliveryStatus,
    /// How many attempts there were.
    pub attempts: u32,
    /// Why it is dead, or why the last attempt failed.
    pub last_error: Option<String>,
}

/// One try to deliver.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub latency: Duration,
    /// The HTTP status; None where there was no answer.
    pub status: Option<u16>,
    /// Why there was none, or why the answer doesn't count.
    pub error: Option<String>,
    /// The first bytes of the answer.
    pub reply: String,
}
