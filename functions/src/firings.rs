//! What waits in the queue of firings, and what became a dead letter there.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

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
use treble_core::report::FiringReport;

use crate::logs::Invocations;
use crate::messages::{Batch, BatchResponse, Handled, Message, each};
use crate::metrics::Metrics;
use crate::parts::Aws;
use crate::serve::milliseconds;
use crate::settings::Settings;
use crate::start::{Environment, StartError, start};
use crate::{Uses, cds, parts};

/// How long the sink may take for one firing: ten at once, well within the queue's visibility timeout.
const SINK_BUDGET: Duration = Duration::from_secs(20);

/// Runs the function that does what waits in the queue.
pub fn fire() -> ExitCode {
    start(async |variables| {
        let metrics = Metrics::of(variables);
        let aws = Aws::new(variables.aws()?);
        let consumer = Arc::new(consumer(variables, &aws).await?);
        let queue_url = variables.required(FIRINGS_QUEUE_URL)?;
        let queue = SqsQueue::new(aws_sdk_sqs::Client::new(aws.config()), queue_url);
        let handler = service_fn(|event: LambdaEvent<Batch>| {
            let (consumer, queue, metrics) = (&consumer, &queue, &metrics);
            async move { Ok::<_, StartError>(fire_batch(consumer, queue, metrics, event.payload).await) }
        });
        Runtime::new(handler).layer(Invocations).run().await
    })
}

async fn consumer(variables: &Environment, aws: &Aws) -> Result<Consumer, StartError> {
    let uses = Uses::FIRING_FROM_A_QUEUE;
    let service = parts::service(uses, Settings::read(&uses, variables)?, Some(aws)).await?;
    let fires = Arc::clone(&service.engine.fires);
    Ok(Consumer {
        hooks: service.hooks,
        engine: service.engine,
        cds: cds::processor(variables, aws, fires, service.master_key).await?,
        budget: SINK_BUDGET,
        clock: Timestamp::now,
    })
}

/// What came of a message, and what is counted of it.
type Consumed = (Result<Outcome, ConsumeError>, Option<FiringReport>);

/// Does what a message says. What is counted is as of now, not of when the last of the batch is done.
async fn consume(consumer: &Consumer, message: &Message, attempt: Attempt) -> Consumed {
    let outcome = consumer.consume(&message.body, attempt).await;
    let report = FiringReport::of_message(&outcome, (consumer.clock)());
    (outcome, report)
}

async fn fire_batch(
    consumer: &Arc<Consumer>,
    queue: &SqsQueue,
    metrics: &Metrics,
    batch: Batch,
) -> BatchResponse {
    let started = Instant::now();
    let handled = each(batch, |message| {
        let consumer = Arc::clone(consumer);
        async move {
            let (outcome, report) = consume(&consumer, &message, Attempt::Retried).await;
            match outcome {
                Ok(outcome) => {
                    log(&outcome);
                    Ok(report)
                }
                Err(error) => Err((error, report)),
            }
        }
    })
    .await;
    let waits = |handled: &Handled<_, (ConsumeError, _)>| {
        let error = handled.result.as_ref().err()?.as_ref().map(|(error, _)| error);
        Some((
            handled.message.receipt_handle.clone(),
            handled.span.in_scope(|| wait(&handled.message, error)),
        ))
    };
    let postponed: Vec<_> = handled.iter().filter_map(waits).collect();
    // They come again all the same, when the queue's visibility timeout ends.
    if !postponed.is_empty()
        && let Err(error) = queue.postpone(&postponed).await
    {
        tracing::warn!(error = chain(&error), "messages come again at their own time");
    }
    let reports = handled.iter().filter_map(|handled| match &handled.result {
        Ok(report) => *report,
        Err(failed) => failed.as_ref().and_then(|(_, report)| *report),
    });
    metrics.firings((consumer.clock)(), reports);
    log_batch(handled.len(), postponed.len(), started);
    BatchResponse::after(&handled)
}

fn log_batch(messages: usize, again: usize, started: Instant) {
    tracing::info!(messages, again, durationMs = milliseconds(started), "a batch of firings");
}

/// How long a message that failed waits. One that is no firing comes at once, until it is a dead letter.
fn wait(message: &Message, error: Option<&ConsumeError>) -> Duration {
    let receives = message.receives();
    match error {
        Some(error) => tracing::warn!(receives, error = error.log_text(), "a firing failed"),
        None => tracing::error!(receives, "a firing panicked"),
    }
    match error {
        Some(ConsumeError::Unreadable(_)) => Duration::ZERO,
        _ => backoff(receives),
    }
}

fn log(outcome: &Outcome) {
    match outcome {
        Outcome::Fired(firing) => tracing::info!(firedBy = firing.fired_by.as_str(), "fired"),
        Outcome::Declined(firing) => {
            tracing::info!(firedBy = firing.fired_by.as_str(), "the template gives nothing to fire");
        }
        Outcome::Failed(firing, error) => {
            let fired_by = firing.fired_by.as_str();
            tracing::warn!(firedBy = fired_by, error = error.log_text(), "a firing failed for good");
        }
        Outcome::Postponed(_, wait) => tracing::info!(seconds = wait.as_secs(), "a firing was put off"),
        Outcome::Dropped(why) => tracing::info!(why, "a firing was dropped"),
    }
}

/// Runs the function that takes what the queue gave up: it tries a last time, and records what comes of it.
pub fn record_dead() -> ExitCode {
    start(async |variables| {
        let metrics = Metrics::of(variables);
        let aws = Aws::new(variables.aws()?);
        let consumer = Arc::new(consumer(variables, &aws).await?);
        let letters = Arc::new(DynamoDeadLetters::new(aws.dynamodb(), variables.required(FIRES_TABLE)?));
        let handler = service_fn(|event: LambdaEvent<Batch>| {
            let (consumer, letters, metrics) = (&consumer, &letters, &metrics);
            async move { Ok::<_, StartError>(record_batch(consumer, letters, metrics, event.payload).await) }
        });
        Runtime::new(handler).layer(Invocations).run().await
    })
}

async fn record_batch(
    consumer: &Arc<Consumer>,
    letters: &Arc<DynamoDeadLetters>,
    metrics: &Metrics,
    batch: Batch,
) -> BatchResponse {
    let started = Instant::now();
    let handled = each(batch, |message| {
        let (consumer, letters) = (Arc::clone(consumer), Arc::clone(letters));
        async move { record(&consumer, &*letters, &message).await }
    })
    .await;
    for Handled { result, span, .. } in &handled {
        if let Err(error) = result {
            let error = error.as_ref().map_or_else(|| "it panicked".to_owned(), |error| chain(error));
            span.in_scope(|| tracing::error!(error, "a dead letter can't be recorded"));
        }
    }
    metrics.firings((consumer.clock)(), handled.iter().filter_map(|handled| *handled.result.as_ref().ok()?));
    let again = handled.iter().filter(|handled| handled.result.is_err()).count();
    log_batch(handled.len(), again, started);
    BatchResponse::after(&handled)
}

async fn record(
    consumer: &Consumer,
    letters: &dyn DeadLetters,
    message: &Message,
) -> Result<Option<FiringReport>, StoreError> {
    let (outcome, report) = consume(consumer, message, Attempt::Last).await;
    let reason = match &outcome {
        Ok(Outcome::Failed(_, error)) => error.log_text(),
        Err(error) => error.log_text(),
        Ok(_) => String::new(),
    };
    let letter = dead_letter::after(outcome, &message.message_id, &message.body, (consumer.clock)())?;
    if let Some(letter) = letter {
        tracing::error!(reason, "a firing is a dead letter");
        letters.add(&letter).await?;
    }
    Ok(report)
}
