//! Queues of SQS that work waits in: firings until they are due and done, integrators' lanes until they are looked at.
//!
//! - [`SqsQueue`] is a queue as its consumers know it: messages that failed are received again later.
//! - `send` sends many messages in few requests.

mod firings;
pub mod inspect;
mod send;
mod wakes;

use std::fmt;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry;
use treble_core::consumer;

pub use send::Outgoing;
pub use wakes::{SqsWakes, WakeMessage};

/// How long a message waits after it failed, having been received so often: [`consumer::backoff`], with the system's
/// randomness. Without that all wait as long, which is only slower.
pub fn backoff(receives: u32) -> Duration {
    consumer::backoff(receives, f64::from(getrandom::u32().unwrap_or_default()) / f64::from(u32::MAX))
}

/// The most messages that SQS takes in one request.
pub const BATCH: usize = 10;

/// The longest that a message may be hidden from who would receive it: SQS's own limit.
const LONGEST_HIDDEN: Duration = Duration::from_secs(12 * 3600);

/// A queue of SQS: a standard one, as single messages of a FIFO queue can't be delayed.
#[derive(Clone)]
pub struct SqsQueue {
    client: Client,
    url: String,
}

/// Messages can't be postponed.
#[derive(Debug, thiserror::Error)]
#[error("messages can't be postponed: {reason}")]
pub struct PostponeError {
    reason: String,
    #[source]
    source: Option<treble_core::ports::BoxError>,
}

impl SqsQueue {
    /// The queue at `url`.
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self { client, url: url.into() }
    }

    /// Makes received messages, by their receipts, be received again after so long, and not when the queue's
    /// visibility timeout ends. At most [`BATCH`] of them.
    pub async fn postpone(&self, messages: &[(String, Duration)]) -> Result<(), PostponeError> {
        let entry = |(number, (receipt, delay)): (usize, &(String, Duration))| {
            let seconds = (*delay).min(LONGEST_HIDDEN).as_secs();
            ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(number.to_string())
                .receipt_handle(receipt)
                .visibility_timeout(i32::try_from(seconds).unwrap_or(i32::MAX))
                .build()
        };
        let entries = messages.iter().enumerate().map(entry).collect::<Result<Vec<_>, _>>();
        let entries = entries
            .map_err(|error| PostponeError { reason: error.to_string(), source: Some(error.into()) })?;
        let reply = self
            .client
            .change_message_visibility_batch()
            .queue_url(&self.url)
            .set_entries(Some(entries))
            .send()
            .await
            .map_err(|error| PostponeError {
                reason: "SQS was not reached".into(),
                source: Some(error.into()),
            })?;
        match reply.failed.first() {
            None => Ok(()),
            Some(failed) => Err(PostponeError {
                reason: format!("SQS answered {} for {} of them", failed.code, reply.failed.len()),
                source: None,
            }),
        }
    }
}

/// Names the queue, not the client with its credentials.
impl fmt::Debug for SqsQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqsQueue").field("url", &self.url).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
