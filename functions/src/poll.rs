//! Asks for what happened in repositories, as a function that an EventBridge rule wakes each minute.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use jiff::Timestamp;
use lambda_http::LambdaEvent;
use lambda_http::lambda_runtime::Runtime;
use lambda_http::service_fn;
use serde::de::IgnoredAny;
use treble_aws::client::configure;
use treble_aws::dynamodb::{DynamoFires, DynamoHooks, DynamoRepositories};
use treble_aws::http::HttpClient;
use treble_aws::master_key;
use treble_aws::queue::SqsQueue;
use treble_aws::settings::{FIRES_TABLE, FIRINGS_QUEUE_URL, HOOKS_TABLE, MASTER_KEY_ARN, VCS_SERVERS_SECRET};
use treble_aws::vcs::{Vcs, VcsServers};
use treble_core::cds::poll::{PollReport, Poller};
use treble_core::ports::StoreError;
use treble_core::pulse::Dispatcher;

use crate::logs::Invocations;
use crate::metrics::Metrics;
use crate::serve::milliseconds;
use crate::start::{Environment, StartError, start};

/// How long before Lambda ends an invocation no more work is begun: an answer may take ten seconds, and what it tells has to
/// be sent and noted.
const MARGIN: Duration = Duration::from_secs(15);

/// Runs the function.
pub fn run() -> ExitCode {
    start(async |variables| {
        let metrics = Metrics::of(variables);
        let poller = poller(variables).await?;
        let handler = service_fn(|event: LambdaEvent<IgnoredAny>| {
            let (poller, metrics) = (&poller, &metrics);
            async move { one(poller, metrics, event.context.deadline).await.map_err(StartError::from) }
        });
        Runtime::new(handler).layer(Invocations).run().await
    })
}

async fn poller(variables: &Environment) -> Result<Poller, StartError> {
    let (hooks, fires) = (variables.required(HOOKS_TABLE)?, variables.required(FIRES_TABLE)?);
    let (queue_url, secret) = (variables.required(FIRINGS_QUEUE_URL)?, variables.required(MASTER_KEY_ARN)?);
    let servers = variables.required(VCS_SERVERS_SECRET)?;
    let aws = configure(&variables.aws()?);
    let secrets = aws_sdk_secretsmanager::Client::new(&aws);
    let master_key = master_key::read(&secrets, &secret).await?;
    let servers = VcsServers::read(&secrets, &servers).await?;
    let dynamodb = aws_sdk_dynamodb::Client::new(&aws);
    let repositories = DynamoRepositories::new(dynamodb.clone(), &hooks);
    let hooks = Arc::new(DynamoHooks::new(dynamodb.clone(), hooks));
    let fires = Arc::new(DynamoFires::new(dynamodb, fires));
    let firings = Arc::new(SqsQueue::new(aws_sdk_sqs::Client::new(&aws), queue_url));
    let dispatcher = Dispatcher::new(hooks.clone(), hooks.clone(), fires, firings, master_key);
    Ok(Poller {
        repositories: Arc::new(repositories),
        bindings: hooks,
        providers: Arc::new(Vcs::new(servers, HttpClient::new(), Timestamp::now)),
        dispatcher: Arc::new(dispatcher),
        clock: Timestamp::now,
    })
}

/// One run. `deadline` is when Lambda ends it, in milliseconds since 1970. What single repositories met is no failure of the
/// function's: it is kept with them, and counted.
async fn one(poller: &Poller, metrics: &Metrics, deadline: u64) -> Result<(), StoreError> {
    let started = Instant::now();
    let deadline = UNIX_EPOCH + Duration::from_millis(deadline).saturating_sub(MARGIN);
    let report = poller.run(Timestamp::try_from(deadline).unwrap_or(Timestamp::MAX)).await?;
    log(&report, started);
    metrics.emit(
        (poller.clock)(),
        &[
            ("PolledRepositories", "Count", report.polled.into()),
            ("PollEvents", "Count", report.events.into()),
            ("PollFailures", "Count", report.failed.into()),
            ("PollUnfinished", "Count", report.unfinished.into()),
        ],
    );
    Ok(())
}

fn log(report: &PollReport, started: Instant) {
    tracing::info!(
        repositories = report.watched,
        polled = report.polled,
        unchanged = report.unchanged,
        events = report.events,
        sent = report.fired,
        failed = report.failed,
        postponed = report.postponed,
        forgotten = report.forgotten,
        unfinished = report.unfinished,
        durationMs = milliseconds(started),
        "poll"
    );
}
