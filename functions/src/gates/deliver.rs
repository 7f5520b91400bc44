//! Integrators' lanes, worked off as messages say which are to be looked at.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use lambda_http::LambdaEvent;
use lambda_http::lambda_runtime::Runtime;
use lambda_http::service_fn;
use tracing::field::display;
use treble_aws::dynamodb::{DynamoGates, DynamoHooks};
use treble_aws::mail::SesMailer;
use treble_aws::queue::{SqsQueue, WakeMessage, backoff};
use treble_aws::settings::{DELIVERIES_QUEUE_URL, HOOKS_TABLE, MAIL_FROM, MASTER_KEY_ARN};
use treble_core::gate::{Deliverer, LaneOutcome, TellError};
use treble_core::ports::{Mailer, chain};

use super::parts::{self, GatesSettings};
use crate::absent::Absent;
use crate::logs::Invocations;
use crate::messages::{Batch, BatchResponse, Handled, Message, each};
use crate::parts::{Aws, master_key};
use crate::serve::milliseconds;
use crate::start::{Environment, StartError, start};

/// How long a lane is worked at: with the last attempt of it, well within the function's minute.
const BUDGET: Duration = Duration::from_secs(25);

/// Why a message comes again.
#[derive(Debug, thiserror::Error)]
enum WorkError {
    #[error("the message names no integrator")]
    Unreadable(#[from] serde_json::Error),
    #[error(transparent)]
    Tell(#[from] TellError),
}

/// Runs the function.
pub fn run() -> ExitCode {
    start(async |variables| {
        let aws = Aws::new(variables.aws()?);
        let deliverer = Arc::new(deliverer(variables, &aws).await?);
        let url = variables.required(DELIVERIES_QUEUE_URL)?;
        let queue = SqsQueue::new(aws_sdk_sqs::Client::new(aws.config()), url);
        let handler = service_fn(|event: LambdaEvent<Batch>| {
            let (deliverer, queue) = (&deliverer, &queue);
            async move { Ok::<_, StartError>(batch(deliverer, queue, event.payload).await) }
        });
        Runtime::new(handler).layer(Invocations).run().await
    })
}

async fn deliverer(variables: &Environment, aws: &Aws) -> Result<Deliverer, StartError> {
    let settings = GatesSettings::read(variables, true, true)?;
    let hooks_table = variables.required(HOOKS_TABLE)?;
    let mailer: Arc<dyn Mailer> = match variables.optional(MAIL_FROM.name) {
        Some(from) => Arc::new(SesMailer::new(aws_sdk_ses::Client::new(aws.config()), from)),
        None => Arc::new(Absent("mailer")),
    };
    let secret = variables.required(MASTER_KEY_ARN)?;
    let key = master_key(aws, secret).await?;
    let GatesSettings { table, queue_url, addresses } = settings;
    let gates = Arc::new(DynamoGates::new(aws.dynamodb(), table, &key));
    Ok(Deliverer {
        integrators: gates.clone(),
        deliveries: gates.clone(),
        lanes: gates,
        wakes: parts::wakes(aws, queue_url.unwrap_or_default()),
        later: Arc::new(DynamoHooks::new(aws.dynamodb(), hooks_table)),
        client: parts::client(addresses),
        mailer,
        budget: BUDGET,
        clock: Timestamp::now,
        random: parts::random,
    })
}

async fn batch(deliverer: &Arc<Deliverer>, queue: &SqsQueue, batch: Batch) -> BatchResponse {
    let started = Instant::now();
    let handled = each(batch, |message| {
        let deliverer = Arc::clone(deliverer);
        async move { work(&deliverer, &message).await }
    })
    .await;
    let failed = handled.iter().filter_map(|handled| {
        let error = handled.result.as_ref().err()?.as_ref();
        Some((handled.message.receipt_handle.clone(), handled.span.in_scope(|| wait(handled, error))))
    });
    let postponed: Vec<_> = failed.collect();
    // They come again all the same, when the queue's visibility timeout ends.
    if !postponed.is_empty()
        && let Err(error) = queue.postpone(&postponed).await
    {
        tracing::warn!(error = chain(&error), "messages come again at their own time");
    }
    tracing::info!(
        messages = handled.len(),
        again = postponed.len(),
        durationMs = milliseconds(started),
        "a batch of lanes"
    );
    BatchResponse::after(&handled)
}

async fn work(deliverer: &Deliverer, message: &Message) -> Result<LaneOutcome, WorkError> {
    let integrator = WakeMessage::read(&message.body)?.integrator;
    tracing::Span::current().record("integrator", display(&integrator));
    let outcome = deliverer.work(&integrator).await?;
    let again = outcome.again.map(|at| at.to_string());
    tracing::info!(
        delivered = outcome.delivered,
        dead = outcome.dead,
        again,
        failure = outcome.failure,
        "a lane"
    );
    Ok(outcome)
}

/// How long a message that failed waits.
fn wait(handled: &Handled<LaneOutcome, WorkError>, error: Option<&WorkError>) -> Duration {
    let receives = handled.message.receives();
    match error {
        Some(error) => tracing::warn!(receives, error = chain(error), "a lane can't be worked off"),
        None => tracing::error!(receives, "working a lane off panicked"),
    }
    match error {
        Some(WorkError::Unreadable(_)) => Duration::ZERO,
        _ => backoff(receives),
    }
}
