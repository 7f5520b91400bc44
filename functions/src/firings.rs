//! What waits in the queue of firings, and what became a dead letter there.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use lambda_http::LambdaEvent;
use lambda_http::lambda_runtime::Runtime;
use lambda_http::service_fn;
use treble_aws::dynamodb::DynamoDeadLetters;
use treble_aws::queue::{SqsQueue, backoff};
use treble_aws::settings::{FIRES_TABLE, FIRINGS_QUEUE_URL};
use treble_core::consumer::{Attempt, ConsumeError, Consumer, Outcome};
use treble_core::dead_letter;
use treble_core::ports::{DeadLetters, StoreError, chain};

use crate::messages::{Batch, BatchResponse, Message, each};
use crate::parts::Aws;
use crate::settings::Settings;
use crate::start::{Environment, StartError, start};
use crate::{Uses, parts};

/// How long the sink may take for one firing: ten at once, well within the queue's visibility timeout.
const SINK_BUDGET: Duration = Duration::from_secs(20);

/// Runs the function that does what waits in the queue.
pub fn fire() -> ExitCode {
    start(async |variables| {
        let aws = Aws::new(variables.aws()?);
        let consumer = Arc::new(consumer(variables, &aws).await?);
        let queue_url = variables.required(FIRINGS_QUEUE_URL)?;
        let queue = SqsQueue::new(aws_sdk_sqs::Client::new(aws.config()), queue_url);
        let handler = service_fn(|event: LambdaEvent<Batch>| {
            let (consumer, queue) = (&consumer, &queue);
            async move { Ok::<_, StartError>(fire_batch(consumer, queue, event.payload).await) }
        });
        Runtime::new(handler).run().await
    })
}

async fn consumer(variables: &Environment, aws: &Aws) -> Result<Consumer, StartError> {
    let uses = Uses::FIRING_FROM_A_QUEUE;
    let service = parts::service(uses, Settings::read(&uses, variables)?, Some(aws)).await?;
    Ok(Consumer { hooks: service.hooks, engine: service.engine, budget: SINK_BUDGET, clock: Timestamp::now })
}

async fn fire_batch(consumer: &Arc<Consumer>, queue: &SqsQueue, batch: Batch) -> BatchResponse {
    let (response, failed) = each(batch, |message| {
        let consumer = Arc::clone(consumer);
        async move {
            consumer.consume(&message.body, Attempt::Retried).await.map(|outcome| log(&message, &outcome))
        }
    })
    .await;
    let postponed: Vec<_> = failed
        .iter()
        .map(|(message, error)| (message.receipt_handle.clone(), wait(message, error)))
        .collect();
    // They come again all the same, when the queue's visibility timeout ends.
    if !postponed.is_empty()
        && let Err(error) = queue.postpone(&postponed).await
    {
        tracing::warn!(error = chain(&error), "messages come again at their own time");
    }
    response
}

/// How long a message that failed waits. One that is no firing comes at once, until it is a dead letter.
fn wait(message: &Message, error: &Option<ConsumeError>) -> Duration {
    let receives = message.receives();
    match error {
        Some(error) => {
            tracing::warn!(message = message.message_id, receives, error = chain(error), "a firing failed")
        }
        None => tracing::error!(message = message.message_id, receives, "a firing panicked"),
    }
    match error {
        Some(ConsumeError::Unreadable(_)) => Duration::ZERO,
        _ => backoff(receives),
    }
}

fn log(message: &Message, outcome: &Outcome) {
    let message = &*message.message_id;
    match outcome {
        Outcome::Fired | Outcome::Declined => tracing::info!(message, ?outcome, "fired"),
        Outcome::Failed(firing, error) => {
            tracing::warn!(message, hook = %firing.hook, error = chain(error), "a firing failed for good");
        }
        Outcome::Dropped(why) => tracing::info!(message, why, "a firing was dropped"),
    }
}

/// Runs the function that takes what the queue gave up: it tries a last time, and records what comes of it.
pub fn record_dead() -> ExitCode {
    start(async |variables| {
        let aws = Aws::new(variables.aws()?);
        let consumer = Arc::new(consumer(variables, &aws).await?);
        let letters = Arc::new(DynamoDeadLetters::new(aws.dynamodb(), variables.required(FIRES_TABLE)?));
        let handler = service_fn(|event: LambdaEvent<Batch>| {
            let (consumer, letters) = (&consumer, &letters);
            async move { Ok::<_, StartError>(record_batch(consumer, letters, event.payload).await) }
        });
        Runtime::new(handler).run().await
    })
}

async fn record_batch(
    consumer: &Arc<Consumer>,
    letters: &Arc<DynamoDeadLetters>,
    batch: Batch,
) -> BatchResponse {
    let (response, failed) = each(batch, |message| {
        let (consumer, letters) = (Arc::clone(consumer), Arc::clone(letters));
        async move { record(&consumer, &*letters, &message).await }
    })
    .await;
    for (message, error) in failed {
        let error = error.map_or_else(|| "it panicked".to_owned(), |error| chain(&error));
        tracing::error!(message = message.message_id, error, "a dead letter can't be recorded");
    }
    response
}

async fn record(consumer: &Consumer, letters: &dyn DeadLetters, message: &Message) -> Result<(), StoreError> {
    let outcome = consumer.consume(&message.body, Attempt::Last).await;
    let letter = dead_letter::after(outcome, &message.message_id, &message.body, (consumer.clock)())?;
    match letter {
        Some(letter) => {
            tracing::error!(
                message = message.message_id,
                reason = letter.reason,
                "a firing is a dead letter"
            );
            letters.add(&letter).await
        }
        None => Ok(()),
    }
}
