//! A batch of messages from SQS, and which of them must come again.
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>

use std::future::Future;

use serde::{Deserialize, Serialize};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

/// What Lambda hands over: up to ten messages.
#[derive(Debug, Deserialize)]
pub(crate) struct Batch {
    #[serde(rename = "Records", default)]
    pub(crate) messages: Vec<Message>,
}

/// A message.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message {
    /// What SQS calls it.
    pub(crate) message_id: String,
    /// By which it can be postponed, this time.
    pub(crate) receipt_handle: String,
    /// What it says.
    pub(crate) body: String,
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    /// A number, as text.
    approximate_receive_count: Option<String>,
}

impl Message {
    /// How often it has been received, this time included.
    pub(crate) fn receives(&self) -> u32 {
        self.attributes.approximate_receive_count.as_deref().and_then(|count| count.parse().ok()).unwrap_or(1)
    }
}

/// What Lambda is told: the messages that must come again. All others are deleted.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchResponse {
    batch_item_failures: Vec<Failure>,
}

impl BatchResponse {
    /// This one must come again; of a stream's records, all that follow it as well.
    pub(crate) fn again(identifier: &str) -> Self {
        Self { batch_item_failures: vec![Failure { item_identifier: identifier.to_owned() }] }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

impl BatchResponse {
    /// These messages must come again.
    pub(crate) fn failed<'m>(messages: impl Iterator<Item = &'m Message>) -> Self {
        let failure = |message: &Message| Failure { item_identifier: message.message_id.clone() };
        Self { batch_item_failures: messages.map(failure).collect() }
    }

    /// Those of these messages that failed must come again.
    pub(crate) fn after<T, E>(handled: &[Handled<T, E>]) -> Self {
        Self::failed(handled.iter().filter(|handled| handled.result.is_err()).map(|handled| &handled.message))
    }
}

/// A message, and what came of it: what `work` made of it, or why it failed; None where it panicked.
pub(crate) struct Handled<T, E> {
    pub(crate) message: Message,
    pub(crate) result: Result<T, Option<E>>,
    /// What all lines about it have in common.
    pub(crate) span: Span,
}

/// Does each message of a batch in a task of its own, all at once: one that panics takes no other with it, and is one that
/// failed.
pub(crate) async fn each<F, T, E>(batch: Batch, work: impl Fn(Message) -> F) -> Vec<Handled<T, E>>
where
    F: Future<Output = Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let begin = |message: Message| {
        let span = tracing::error_span!(
            "firing",
            messageId = message.message_id,
            trace = Empty,
            hook = Empty,
            taskId = Empty,
            integrator = Empty
        );
        let task = tokio::spawn(work(message.clone()).instrument(span.clone()));
        (message, task, span)
    };
    let tasks: Vec<_> = batch.messages.into_iter().map(begin).collect();
    let mut handled = Vec::new();
    for (message, task, span) in tasks {
        let result = task.await.map_or_else(|_| Err(None), |result| result.map_err(Some));
        handled.push(Handled { message, result, span });
    }
    handled
}
