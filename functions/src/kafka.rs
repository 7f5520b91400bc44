//! Records of Kafka's topics, as Lambda hands them over, from MSK or any other cluster: fires the tasks that are bound to them.
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-kafka-process.html>
//!
//! Where a task was not fired, the whole batch comes again. Kafka's event sources know of responses that name the records to come again,
//! but in provisioned mode only, which costs by the hour; elsewhere they take such a response for a success, and the
//! records would be lost. What was fired already has the same taskId when it comes again.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use lambda_http::LambdaEvent;
use lambda_http::lambda_runtime::Runtime;
use lambda_http::service_fn;
use serde::Deserialize;
use treble_aws::client::configure;
use treble_aws::dynamodb::DynamoExecutions;
use treble_aws::settings::{FIRES_TABLE, KAFKA_INTEGRATION};
use treble_core::cds::kafka::{DEFAULT_INTEGRATION, KafkaRecord};
use treble_core::ports::chain;
use treble_core::pulse::Dispatcher;

use crate::logs::Invocations;
use crate::pulse::dispatcher;
use crate::serve::milliseconds;
use crate::start::{Environment, StartError, start};

/// What Lambda hands over: records by topic and partition, e.g. `builds-0`.
#[derive(Debug, Deserialize)]
struct Batch {
    records: BTreeMap<String, Vec<KafkaRecord>>,
}

/// What makes Lambda hand a batch over again.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{failed} of {records} records did not fire their tasks, see the log: all of them must come again")]
struct NotFired {
    failed: usize,
    records: usize,
}

/// Runs the function.
pub fn run() -> ExitCode {
    start(async |variables| {
        // A record may be larger than what a queue takes.
        let dispatcher = dispatcher(variables).await?.with_executions(executions(variables)?);
        let integration = variables.optional(KAFKA_INTEGRATION.name);
        let integration = integration.as_deref().unwrap_or(DEFAULT_INTEGRATION);
        let handler = service_fn(|event: LambdaEvent<Batch>| {
            let dispatcher = &dispatcher;
            async move {
                let dispatched = dispatch(dispatcher, integration, event.payload, Timestamp::now());
                dispatched.await.map_err(StartError::from)
            }
        });
        Runtime::new(handler).layer(Invocations).run().await
    })
}

fn executions(variables: &Environment) -> Result<Arc<DynamoExecutions>, StartError> {
    let (aws, table) = (configure(&variables.aws()?), variables.required(FIRES_TABLE)?);
    Ok(Arc::new(DynamoExecutions::new(aws_sdk_dynamodb::Client::new(&aws), table)))
}

/// Fires the tasks of a batch. Tombstones fire nothing; they are counted.
async fn dispatch(
    dispatcher: &Dispatcher,
    integration: &str,
    batch: Batch,
    now: Timestamp,
) -> Result<(), NotFired> {
    let started = Instant::now();
    let records: Vec<KafkaRecord> = batch.records.into_values().flatten().collect();
    let received = records.len();
    let messages: Vec<_> =
        records.into_iter().filter_map(|record| record.into_message(integration, now)).collect();
    let (mut sent, mut failed) = (0, 0);
    for (message, result) in messages.iter().zip(dispatcher.dispatch(&messages, now).await) {
        match result {
            Ok(fired) => sent += fired,
            Err(error) => {
                let (topic, record, error) = (&*message.exchange, &*message.id, chain(&error));
                tracing::warn!(topic, record, error, "tasks are fired later");
                failed += 1;
            }
        }
    }
    let (tombstones, ms) = (received - messages.len(), milliseconds(started));
    tracing::info!(records = received, tombstones, sent, failed, durationMs = ms, "a batch of records");
    if failed == 0 { Ok(()) } else { Err(NotFired { failed, records: received }) }
}
