//! Messages of a broker, and the hooks that fire from them.
//!
//! - A [`PulseMessage`] is what the bridge takes from the broker and puts in a queue.
//! - A [`Dispatcher`] takes it from there: which hooks are bound to it (`bound`), and a firing for each.
//! - A [`Change`](crate::change::Change) goes the other way: an [`exchange`] for what happened to a hook.

mod bound;
mod change;
mod dispatch;
mod rejections;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::binding::RoutingKey;
use crate::trace::{self, TraceContext};

pub use bound::{Bound, STALE_SECONDS};
pub use change::{EXCHANGES, exchange};
pub use dispatch::{DispatchError, Dispatcher};

/// A message as a broker delivered it. As JSON, it is a message of the queue of pulse messages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PulseMessage {
    /// What tells it from the others of its exchange: two with the same id are the same message.
    pub id: String,
    /// The exchange that it was published to.
    pub exchange: String,
    /// Its routing key.
    pub routing_key: String,
    /// Further routing keys: its header `CC`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<String>,
    /// When it was published, or received for the first time as far as anybody knows: the moment of its firings.
    pub received: Timestamp,
    /// Its body.
    #[serde(default)]
    pub payload: Value,
    /// Why there is no payload, e.g. that the body is no JSON: its hooks are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
    /// The trace that its publisher told of, which its firings belong to.
    #[serde(
        rename = "traceparent",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "trace::deserialize"
    )]
    pub trace: Option<TraceContext>,
}

impl PulseMessage {
    /// All keys by which it was routed.
    pub fn routing_keys(&self) -> Vec<RoutingKey<'_>> {
        let keys = std::iter::once(&self.routing_key).chain(&self.cc);
        keys.map(|key| RoutingKey::new(key)).collect()
    }
}

#[cfg(test)]
mod tests;
