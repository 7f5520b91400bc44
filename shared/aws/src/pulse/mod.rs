//! Between a broker's bridge and the hooks, by SQS.
//!
//! - `messages` go in: what hooks may fire from.
//! - `changes` come out: what an EventBridge rule sends to a queue of its own, to be published at the broker.

mod changes;
mod messages;

pub use changes::SqsChanges;
pub use messages::SqsPulseQueue;

use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use treble_core::ports::QueueError;

/// SQS did not do it. Its code says why; its message, which may name accounts, is in the source.
fn unavailable<E>(error: SdkError<E, HttpResponse>) -> QueueError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let reason = error.code().unwrap_or("SQS does not answer").to_owned();
    QueueError::Unavailable { reason, source: Some(error.into()) }
}

#[cfg(test)]
mod tests;
