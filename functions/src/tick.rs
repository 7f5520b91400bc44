//! The clock's work, as a function that an EventBridge rule wakes each minute.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use jiff::Timestamp;
use lambda_http::LambdaEvent;
use lambda_http::lambda_runtime::Runtime;
use lambda_http::service_fn;
use serde::de::IgnoredAny;
use treble_aws::client::configure;
use treble_aws::dynamodb::DynamoHooks;
use treble_aws::master_key;
use treble_aws::queue::{SqsQueue, SqsWakes};
use treble_aws::settings::{DELIVERIES_QUEUE_URL, FIRINGS_QUEUE_URL, HOOKS_TABLE, MASTER_KEY_ARN};
use treble_core::gate::{TellError, wake_due};
use treble_core::tick::{Tick, TickReport};

use crate::logs::{self, Invocations};
use crate::metrics::Metrics;
use crate::serve::milliseconds;
use crate::start::{Environment, StartError, start};

/// How often the rule wakes the function.
const PERIOD: Duration = Duration::from_secs(60);

/// How long before Lambda ends an invocation no more work is begun.
const MARGIN: Duration = Duration::from_secs(3);

/// Not all that was due is on its way. What is left is due at the next tick, too.
#[derive(Debug, thiserror::Error)]
#[error("not all that was due was sent: {0:?}")]
struct Incomplete(TickReport);

/// Runs the function.
pub fn run() -> ExitCode {
    start(async |variables| {
        let metrics = Metrics::of(variables);
        let (tick, lanes) = tick(variables).await?;
        let handler = service_fn(|event: LambdaEvent<IgnoredAny>| {
            let (metrics, lanes) = (&metrics, &lanes);
            let tick = Tick { trace: logs::trace(&event.context), ..tick.clone() };
            async move {
                let wake = async {
                    match lanes {
                        Some(lanes) => lanes.wake().await,
                        None => Ok(()),
                    }
                };
                let (ticked, woken) = tokio::join!(one(&tick, metrics, event.context.deadline), wake);
                ticked?;
                woken.map_err(StartError::from)
            }
        });
        Runtime::new(handler).layer(Invocations).run().await
    })
}

/// The clock of hooks, and that of integrators' lanes, where there are integrators.
async fn tick(variables: &Environment) -> Result<(Tick, Option<Lanes>), StartError> {
    let (table, queue_url) = (variables.required(HOOKS_TABLE)?, variables.required(FIRINGS_QUEUE_URL)?);
    let secret = variables.required(MASTER_KEY_ARN)?;
    let aws = configure(&variables.aws()?);
    let master_key = master_key::read(&aws_sdk_secretsmanager::Client::new(&aws), &secret).await?;
    let lanes = variables.optional(DELIVERIES_QUEUE_URL.name).map(|url| Lanes {
        index: DynamoHooks::new(aws_sdk_dynamodb::Client::new(&aws), table.clone()),
        queue: SqsWakes::new(aws_sdk_sqs::Client::new(&aws), url),
    });
    let tick = Tick {
        index: Arc::new(DynamoHooks::new(aws_sdk_dynamodb::Client::new(&aws), table)),
        queue: Arc::new(SqsQueue::new(aws_sdk_sqs::Client::new(&aws), queue_url)),
        master_key,
        period: PERIOD,
        clock: Timestamp::now,
        trace: None,
    };
    Ok((tick, lanes))
}

/// Integrators' lanes that wait for longer than a queue lets them.
struct Lanes {
    index: DynamoHooks,
    queue: SqsWakes,
}

impl Lanes {
    /// Sends those that are due to the queue.
    async fn wake(&self) -> Result<(), TellError> {
        let lanes = wake_due(&self.index, &self.queue, Timestamp::now(), PERIOD).await?;
        tracing::info!(lanes, "lanes that were due");
        Ok(())
    }
}

/// One tick. `deadline` is when Lambda ends it, in milliseconds since 1970.
async fn one(tick: &Tick, metrics: &Metrics, deadline: u64) -> Result<(), Incomplete> {
    let started = Instant::now();
    let deadline = UNIX_EPOCH + Duration::from_millis(deadline).saturating_sub(MARGIN);
    let report = tick.run(Timestamp::try_from(deadline).unwrap_or(Timestamp::MAX)).await;
    let lag = u64::try_from(report.lag.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(
        hooks = report.hooks,
        sent = report.sent,
        refused = report.refused,
        stuck = report.stuck,
        unreadable = report.unreadable,
        failedShards = report.failed_shards,
        unfinishedShards = report.unfinished_shards,
        lagMs = lag,
        durationMs = milliseconds(started),
        "tick"
    );
    metrics.emit(
        (tick.clock)(),
        &[
            ("TickLag", "Milliseconds", lag.into()),
            ("TickSent", "Count", report.sent.into()),
            ("TickUnfinishedShards", "Count", report.unfinished_shards.into()),
        ],
    );
    if report.is_complete() { Ok(()) } else { Err(Incomplete(report)) }
}
