//! Changes of hooks, received from an SQS queue that an EventBridge rule sends them to.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Config;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::timeout::TimeoutConfig;
use serde_json::Value;
use treble_core::change::Change;
use treble_core::ports::{ChangeQueue, QueueError, ReceivedChange};

use crate::bus::change_of;

/// How long SQS waits for a message; the longest it does.
const WAIT: Duration = Duration::from_secs(20);
/// How long its answer may take besides.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most messages that SQS gives at once.
const MAX_BATCH: i32 = 10;

/// An SQS queue of EventBridge's events.
#[derive(Clone)]
pub struct SqsChanges {
    client: Client,
    queue_url: String,
}

impl SqsChanges {
    /// The queue at `queue_url`.
    pub fn new(client: Client, queue_url: impl Into<String>) -> Self {
        Self { client, queue_url: queue_url.into() }
    }
}

#[async_trait]
impl ChangeQueue for SqsChanges {
    async fn receive(&self) -> Result<Vec<ReceivedChange>, QueueError> {
        let patience = WAIT + PATIENCE;
        let timeouts =
            TimeoutConfig::builder().operation_attempt_timeout(patience).operation_timeout(patience).build();
        let reply = self
            .client
            .receive_message()
            .queue_url(&self.queue_url)
            .wait_time_seconds(i32::try_from(WAIT.as_secs()).unwrap_or(1))
            .max_number_of_messages(MAX_BATCH)
            .customize()
            .config_override(Config::builder().timeout_config(timeouts))
            .send()
            .await
            .map_err(unavailable)?;
        let received = reply.messages().iter().filter_map(|message| {
            let receipt = message.receipt_handle()?.to_owned();
            Some(ReceivedChange { change: change(message.body().unwrap_or_default()), receipt })
        });
        Ok(received.collect())
    }

    async fn done(&self, receipt: &str) -> Result<(), QueueError> {
        let call = self.client.delete_message().queue_url(&self.queue_url).receipt_handle(receipt).send();
        call.await.map(drop).map_err(unavailable)
    }
}

/// Names the queue, not the client with its credentials.
impl fmt::Debug for SqsChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqsChanges").field("queue_url", &self.queue_url).finish_non_exhaustive()
    }
}

/// The change that a message tells of, if it is one of a hook.
pub(super) fn change(body: &str) -> Option<Change> {
    let event: Value = serde_json::from_str(body).ok()?;
    change_of(&event).ok()
}

/// SQS did not do it. Its code says why; its message, which may name accounts, is in the source.
fn unavailable<E>(error: SdkError<E, HttpResponse>) -> QueueError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let reason = error.code().unwrap_or("SQS does not answer").to_owned();
    QueueError::Unavailable { reason, source: Some(error.into()) }
}
