//! Between a broker's bridge and the service: messages in, changes of hooks out.

use async_trait::async_trait;

use super::QueueError;
use crate::change::Change;
use crate::pulse::PulseMessage;

/// Where a broker's messages wait until hooks are fired from them.
#[async_trait]
pub trait PulseQueue: Send + Sync {
    /// Sends any number of messages. One result for each, in their order.
    async fn send(&self, messages: &[PulseMessage]) -> Vec<Result<(), QueueError>>;
}

/// A change that was received, and what to say when it is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedChange {
    /// The change; None for what is no change of a hook, which there is nothing to do about.
    pub change: Option<Change>,
    /// How the queue knows it.
    pub receipt: String,
}

/// Where changes of hooks wait until they are published. What isn't done comes again.
#[async_trait]
pub trait ChangeQueue: Send + Sync {
    /// Waits for changes, for some seconds at most; none may have come by then.
    async fn receive(&self) -> Result<Vec<ReceivedChange>, QueueError>;

    /// One is published, and need not come again.
    async fn done(&self, receipt: &str) -> Result<(), QueueError>;
}
