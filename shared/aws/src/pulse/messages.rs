//! A broker's messages, sent to an SQS queue.

use std::fmt;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use treble_core::ports::{PulseQueue, QueueError, chain};
use treble_core::pulse::PulseMessage;

use crate::sink::{MAX_MESSAGE_BYTES, within_charset};

/// The most messages that SQS takes at once.
const MAX_BATCH: usize = 10;

/// An SQS queue of broker's messages.
#[derive(Clone)]
pub struct SqsPulseQueue {
    client: Client,
    queue_url: String,
}

impl SqsPulseQueue {
    /// The queue at `queue_url`.
    pub fn new(client: Client, queue_url: impl Into<String>) -> Self {
        Self { client, queue_url: queue_url.into() }
    }

    /// Sends bodies that fit one batch; each has its place in what was to be sent.
    async fn send_batch(&self, batch: &[(usize, String)], results: &mut [Result<(), QueueError>]) {
        let mut set = |index: usize, result| {
            if let Some(place) = results.get_mut(index) {
                *place = result;
            }
        };
        let mut request = self.client.send_message_batch().queue_url(&self.queue_url);
        for (index, body) in batch {
            let entry =
                SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body).build();
            match entry {
                Ok(entry) => request = request.entries(entry),
                Err(error) => set(*index, Err(failed("a message could not be put together", error))),
            }
        }
        let reply = match request.send().await {
            Ok(reply) => reply,
            Err(error) => {
                // All of them met the one error.
                let reason = chain(&error);
                for (index, _) in batch {
                    set(*index, Err(QueueError::Unavailable { reason: reason.clone(), source: None }));
                }
                return;
            }
        };
        for taken in reply.successful() {
            if let Ok(index) = taken.id().parse() {
                set(index, Ok(()));
            }
        }
        for refused in reply.failed() {
            if let Ok(index) = refused.id().parse() {
                let reason = format!("{}: {}", refused.code(), refused.message().unwrap_or_default());
                set(index, Err(QueueError::Unavailable { reason, source: None }));
            }
        }
    }
}

#[async_trait]
impl PulseQueue for SqsPulseQueue {
    async fn send(&self, messages: &[PulseMessage]) -> Vec<Result<(), QueueError>> {
        // What SQS says nothing of, it has not taken.
        let untold = || Err(QueueError::Unavailable { reason: "SQS did not say".into(), source: None });
        let mut results: Vec<_> = messages.iter().map(|_| untold()).collect();
        let (mut batch, mut bytes) = (Vec::new(), 0);
        for (index, message) in messages.iter().enumerate() {
            let body = match body(message) {
                Ok(body) => body,
                Err(error) => {
                    if let Some(place) = results.get_mut(index) {
                        *place = Err(error);
                    }
                    continue;
                }
            };
            if batch.len() == MAX_BATCH || bytes + body.len() > MAX_MESSAGE_BYTES {
                self.send_batch(&batch, &mut results).await;
                (batch, bytes) = (Vec::new(), 0);
            }
            bytes += body.len();
            batch.push((index, body));
        }
        if !batch.is_empty() {
            self.send_batch(&batch, &mut results).await;
        }
        results
    }
}

/// Names the queue, not the client with its credentials.
impl fmt::Debug for SqsPulseQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqsPulseQueue").field("queue_url", &self.queue_url).finish_non_exhaustive()
    }
}

fn body(message: &PulseMessage) -> Result<String, QueueError> {
    let json = serde_json::to_string(message)
        .map_err(|error| failed("a message could not be written as JSON", error))?;
    let body = within_charset(json);
    if body.len() > MAX_MESSAGE_BYTES {
        return Err(QueueError::TooLarge { bytes: body.len(), most: MAX_MESSAGE_BYTES });
    }
    Ok(body)
}

fn failed(reason: &str, source: impl std::error::Error + Send + Sync + 'static) -> QueueError {
    QueueError::Unavailable { reason: reason.to_owned(), source: Some(source.into()) }
}
