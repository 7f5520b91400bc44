//! Where firings wait until they are due, and until they are done.

use std::time::Duration;

use async_trait::async_trait;

use super::BoxError;
use crate::firing::Firing;

/// The longest that a firing may wait in the queue before it is received for the first time: SQS's own limit.
pub const MAX_DELAY: Duration = Duration::from_secs(15 * 60);

/// A firing, and how long it is to wait.
#[derive(Debug, Clone, PartialEq)]
pub struct DelayedFiring {
    /// The firing.
    pub firing: Firing,
    /// How long nobody receives it: whole seconds, at most [`MAX_DELAY`].
    pub delay: Duration,
}

impl DelayedFiring {
    /// A firing to be done at once.
    pub fn now(firing: Firing) -> Self {
        Self { firing, delay: Duration::ZERO }
    }
}

/// Why a queue did not take a message.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// It did not answer, refused, or is overloaded: the same message may be taken later. It may have been taken
    /// all the same.
    #[error("the queue is unavailable: {reason}")]
    Unavailable {
        /// What happened.
        reason: String,
        /// What the adapter met.
        #[source]
        source: Option<BoxError>,
    },
    /// It takes no message of this size: trying again won't help.
    #[error("the message has {bytes} bytes, and a queue takes at most {most}")]
    TooLarge {
        /// The message's size.
        bytes: usize,
        /// The queue's limit.
        most: usize,
    },
}

/// Where firings wait. What was accepted is received at least once, until it is done or becomes a dead letter.
#[async_trait]
pub trait FiringQueue: Send + Sync {
    /// Sends any number of firings. One result for each, in their order: a queue may take some and refuse others.
    async fn send(&self, firings: &[DelayedFiring]) -> Vec<Result<(), QueueError>>;
}
