//! Where changes are published.

use async_trait::async_trait;

use super::BoxError;
use crate::change::Change;

/// Why a change was not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The bus did not answer, refused, or is overloaded: the same change may be taken later. It may have been taken all the
    /// same.
    #[error("the event bus is unavailable")]
    Unavailable(#[source] BoxError),
    /// It takes no such change: trying again won't help.
    #[error("the event bus takes no such event: {reason}")]
    Refused {
        /// What is wrong with it.
        reason: String,
    },
}

/// Where changes are published. Who listens may see one twice.
#[async_trait]
pub trait EventBus: Send + Sync {
    /// Publishes any number of changes. One result for each, in their order: a bus may take some and refuse others.
    async fn publish(&self, changes: &[Change]) -> Vec<Result<(), PublishError>>;
}
