//! Sending many messages, ten at once.

use std::time::Duration;

use aws_sdk_sqs::types::{BatchResultErrorEntry, SendMessageBatchRequestEntry};
use treble_core::ports::{QueueError, chain};
use treble_core::trace::TraceContext;

use super::{BATCH, SqsQueue};
use crate::patience::wait;
use crate::sink::{MAX_MESSAGE_BYTES, xray_attribute};

/// How often a message is sent that SQS refuses for reasons of its own, in a batch of which it takes others.
const ATTEMPTS: u32 = 4;

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// What it says.
    pub body: String,
    /// Whose it is: one with many messages doesn't delay the others' (*fair queues*).
    pub group: String,
    /// How long nobody receives it, in whole seconds.
    pub delay: Duration,
    /// The trace that it belongs to.
    pub trace: Option<TraceContext>,
}

type Outcome = Result<(), QueueError>;

impl SqsQueue {
    /// Sends messages. One result for each, in their order.
    pub async fn send(&self, messages: &[Outgoing]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(messages.len());
        let mut rest = messages;
        while !rest.is_empty() {
            let (batch, later) = rest.split_at(batch_length(rest));
            outcomes.extend(self.send_batch(batch).await);
            rest = later;
        }
        outcomes
    }

    /// Sends what each of these is written as.
    pub(crate) async fn send_all<T>(
        &self,
        items: &[T],
        write: impl Fn(&T) -> serde_json::Result<Outgoing>,
    ) -> Vec<Outcome> {
        match items.iter().map(write).collect::<Result<Vec<_>, _>>() {
            Ok(messages) => self.send(&messages).await,
            // Never: they are text, numbers and JSON.
            Err(error) => {
                let reason = format!("a message can't be written as JSON: {error}");
                items.iter().map(|_| Err(unavailable(&reason))).collect()
            }
        }
    }

    async fn send_batch(&self, batch: &[Outgoing]) -> Vec<Outcome> {
        if let [Outgoing { body, .. }] = batch
            && body.len() > MAX_MESSAGE_BYTES
        {
            return vec![Err(QueueError::TooLarge { bytes: body.len(), most: MAX_MESSAGE_BYTES })];
        }
        let mut outcomes: Vec<Option<Outcome>> = batch.iter().map(|_| None).collect();
        for attempt in 1..=ATTEMPTS {
            let open: Vec<usize> = (0..batch.len()).filter(|&number| outcomes[number].is_none()).collect();
            let refusals = match self.request(batch, &open).await {
                Ok(refusals) => refusals,
                // The SDK has tried more than once.
                Err(error) => return settled(outcomes, &error),
            };
            for &number in &open {
                let refusal = refusals.iter().find(|refusal| refusal.id == number.to_string());
                outcomes[number] = match refusal {
                    None => Some(Ok(())),
                    Some(refusal) if refusal.sender_fault || attempt == ATTEMPTS => {
                        Some(Err(refused(refusal)))
                    }
                    Some(_) => None,
                };
            }
            if outcomes.iter().all(Option::is_some) {
                break;
            }
            wait(attempt).await;
        }
        settled(outcomes, "no answer to this part of the request")
    }

    /// Sends those messages of a batch that are open; what SQS refused of them.
    async fn request(
        &self,
        batch: &[Outgoing],
        open: &[usize],
    ) -> Result<Vec<BatchResultErrorEntry>, String> {
        let entry = |&number: &usize| {
            let message = &batch[number];
            SendMessageBatchRequestEntry::builder()
                .id(number.to_string())
                .message_body(&message.body)
                .message_group_id(&message.group)
                .set_message_system_attributes(message.trace.as_ref().map(xray_attribute))
                .delay_seconds(i32::try_from(message.delay.as_secs()).unwrap_or(i32::MAX))
                .build()
        };
        let entries =
            open.iter().map(entry).collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
        let sending = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries)).send();
        let reply = sending.await.map_err(|error| chain(&error))?;
        Ok(reply.failed)
    }
}

/// How many of these messages fit one request; a message that fits none is alone.
fn batch_length(messages: &[Outgoing]) -> usize {
    let mut bytes = 0;
    let fits = |message: &&Outgoing| {
        bytes += message.body.len();
        bytes <= MAX_MESSAGE_BYTES
    };
    messages.iter().take(BATCH).take_while(fits).count().max(1)
}

fn settled(outcomes: Vec<Option<Outcome>>, otherwise: &str) -> Vec<Outcome> {
    let settle = |outcome: Option<Outcome>| outcome.unwrap_or_else(|| Err(unavailable(otherwise)));
    outcomes.into_iter().map(settle).collect()
}

fn refused(refusal: &BatchResultErrorEntry) -> QueueError {
    unavailable(&format!("SQS answered {} {}", refusal.code, refusal.message.as_deref().unwrap_or_default()))
}

fn unavailable(reason: &str) -> QueueError {
    QueueError::Unavailable { reason: reason.to_owned(), source: None }
}
