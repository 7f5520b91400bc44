//! What changed in the hooks table, from its stream to the event bus.
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html>
//!
//! Its event source has `FunctionResponseTypes: [ReportBatchItemFailures]` and no limit of attempts but the age of a record:
//! what is skipped is lost. A filter for `Keys.pk` with the prefix `hook#` saves invocations; nothing else depends on it.

use std::process::ExitCode;
use std::time::Instant;

use lambda_http::LambdaEvent;
use lambda_http::lambda_runtime::Runtime;
use lambda_http::service_fn;
use serde::Deserialize;
use serde_json::Value;
use treble_aws::bus::EventBridgeBus;
use treble_aws::client::configure;
use treble_aws::dynamodb::stream::{changes, sequence_number};
use treble_aws::settings::EVENT_BUS;
use treble_core::change::Change;
use treble_core::ports::{EventBus, chain};
use treble_core::publish::{Unpublished, publish};

use crate::logs::Invocations;
use crate::messages::BatchResponse;
use crate::serve::milliseconds;
use crate::start::{Environment, StartError, start};

/// What Lambda hands over: writes of one shard, in their order.
#[derive(Debug, Deserialize)]
struct Records {
    #[serde(rename = "Records", default)]
    records: Vec<Value>,
}

/// Runs the function.
pub fn run() -> ExitCode {
    start(async |variables| {
        let bus = bus(variables)?;
        let handler = service_fn(|event: LambdaEvent<Records>| {
            let bus = &bus;
            async move { publish_records(bus, &event.payload.records).await.map_err(StartError::from) }
        });
        Runtime::new(handler).layer(Invocations).run().await
    })
}

fn bus(variables: &Environment) -> Result<EventBridgeBus, StartError> {
    let name = variables.required(EVENT_BUS)?;
    Ok(EventBridgeBus::new(aws_sdk_eventbridge::Client::new(&configure(&variables.aws()?)), name))
}

/// Publishes what these records say. Of a failure Lambda is told the first record that has to come again, and the stream
/// goes on from there; a record without a number makes all of them come again.
async fn publish_records(bus: &dyn EventBus, records: &[Value]) -> Result<BatchResponse, Unpublished> {
    let started = Instant::now();
    let writes: Vec<Vec<Change>> = records.iter().map(read).collect();
    let published = publish(bus, &writes).await;
    let changes: usize = writes.iter().map(Vec::len).sum();
    let (complete, ms) = (published.is_ok(), milliseconds(started));
    tracing::info!(records = records.len(), changes, complete, durationMs = ms, "records of the stream");
    let Err(unpublished) = published else { return Ok(BatchResponse::default()) };
    match records.get(unpublished.write).and_then(sequence_number) {
        Some(number) => {
            tracing::warn!(sequence_number = number, error = chain(&unpublished), "the stream is read again");
            Ok(BatchResponse::again(number))
        }
        None => Err(unpublished),
    }
}

/// What a record says. One that can't be read never can: it holds up no other.
fn read(record: &Value) -> Vec<Change> {
    changes(record).unwrap_or_else(|error| {
        let sequence_number = sequence_number(record);
        tracing::error!(sequence_number, error = chain(&error), "a record of the stream is left out");
        Vec::new()
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use serde_json::json;
    use treble_core::ports::PublishError;

    use super::*;

    /// Takes events until one of this hook comes.
    struct Bus {
        busy_at: &'static str,
        taken: Mutex<Vec<String>>,
    }

    #[async_trait]
    impl EventBus for Bus {
        async fn publish(&self, changes: &[Change]) -> Vec<Result<(), PublishError>> {
            let take = |change: &Change| {
                let id = &change.subject().hook_id;
                if id == self.busy_at {
                    return Err(PublishError::Unavailable("busy".into()));
                }
                self.taken.lock().unwrap().push(id.clone());
                Ok(())
            };
            changes.iter().map(take).collect()
        }
    }

    fn created(id: &str, number: Value) -> Value {
        let definition = json!({
            "hookGroupId": "g", "hookId": id, "task": {}, "triggerSchema": {},
            "metadata": {"name": "n", "description": "d", "owner": "o@example.com"},
        });
        json!({"dynamodb": {"SequenceNumber": number, "NewImage": {
            "pk": {"S": "hook#g"}, "sk": {"S": id}, "hookDefinition": {"S": definition.to_string()},
            "created": {"S": "2026-01-01T00:00:00Z"}, "revision": {"N": "1"}, "tokenGeneration": {"N": "1"},
        }}})
    }

    #[tokio::test]
    async fn the_stream_goes_on_where_publishing_failed() {
        let group = json!({"dynamodb": {"SequenceNumber": "3", "NewImage": {"pk": {"S": "groups"}}}});
        let unreadable = json!({"dynamodb": {"SequenceNumber": "2", "NewImage": {"pk": {"S": "hook#g"}}}});
        let records =
            [created("a", json!("1")), unreadable, group, created("b", json!("4")), created("c", json!("5"))];
        for (busy_at, failures, taken) in [
            ("-", json!([]), vec!["a", "b", "c"]),
            ("b", json!([{"itemIdentifier": "4"}]), vec!["a", "c"]),
            ("c", json!([{"itemIdentifier": "5"}]), vec!["a", "b"]),
        ] {
            let bus = Bus { busy_at, taken: Mutex::default() };
            let response = publish_records(&bus, &records).await.unwrap();
            assert_eq!(serde_json::to_value(response).unwrap(), json!({"batchItemFailures": failures}));
            assert_eq!(*bus.taken.lock().unwrap(), taken, "{busy_at}");
        }
    }

    #[tokio::test]
    async fn without_a_number_all_come_again() {
        let bus = Bus { busy_at: "b", taken: Mutex::default() };
        let records = [created("a", json!("1")), created("b", json!(null))];
        assert_eq!(publish_records(&bus, &records).await.unwrap_err().write, 1);
    }
}
