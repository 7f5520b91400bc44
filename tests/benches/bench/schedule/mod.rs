//! What no caller waits for: hooks that are due, firings from a queue, a broker's messages.
//!
//! - [`tick`] finds many hooks due at once, [`fire`] fires hooks from a queue, [`pulse`] matches messages with bindings.
//! - [`items`] writes hooks and bindings straight into the emulator's database: through the API, 100,000 of them
//!   would take minutes.

mod fire;
pub(crate) mod items;
mod pulse;
mod tick;

use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::cpu;
use crate::emulator::Calls;
use crate::lambda::Lambda;
use crate::load::Deployment;
use crate::report::Row;

/// So many messages Lambda hands over at once.
pub(crate) const BATCH: usize = 10;

/// Fills in the rows.
pub(crate) async fn measure(deployment: &Deployment, rows: &mut Vec<Row>) {
    tick::measure(deployment, rows).await;
    fire::measure(deployment, rows).await;
    pulse::measure(deployment, rows).await;
}

/// What some events took: CPU time of the function, time on the clock, calls of AWS.
pub(crate) struct Spent {
    pub(crate) cpu: Duration,
    clock: Duration,
    calls: Calls,
}

/// Has a function take events, one after the other.
pub(crate) async fn spend(deployment: &Deployment, lambda: &Lambda, events: Vec<Bytes>) -> Spent {
    deployment.emulator.take_calls();
    let (before, started) = (cpu::settled_time(lambda.pid()), Instant::now());
    for event in events {
        let reply = lambda.invoke(event).await;
        let failures = reply.get("batchItemFailures").and_then(Value::as_array);
        assert!(failures.is_none_or(Vec::is_empty), "{reply}");
    }
    let clock = started.elapsed();
    Spent { cpu: cpu::settled_time(lambda.pid()) - before, clock, calls: deployment.emulator.take_calls() }
}

impl Spent {
    pub(crate) fn called(&self, operation: &str) -> f64 {
        f64::from(self.calls.get(operation).copied().unwrap_or_default())
    }

    /// The calls in words, as so many for each of `count`.
    pub(crate) fn calls_for_each(&self, count: f64) -> String {
        let calls = self.calls.iter().filter(|(name, _)| *name != "messages");
        let calls = calls.map(|(name, calls)| format!("{name} {:.3}", f64::from(*calls) / count));
        calls.collect::<Vec<_>>().join(", ")
    }
}

/// SQS's event for messages.
pub(crate) fn batch(bodies: &[Value]) -> Bytes {
    let record = |body: &Value| {
        let id = uuid::Uuid::new_v4().to_string();
        json!({
            "messageId": id, "receiptHandle": format!("AQEB{}", id.repeat(8)), "body": body.to_string(),
            "attributes": {
                "ApproximateReceiveCount": "1", "SentTimestamp": "1773342238000", "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                "ApproximateFirstReceiveTimestamp": "1773342238001", "MessageGroupId": "bench",
            },
            "messageAttributes": {}, "md5OfBody": "098f6bcd4621d373cade4e832627b4f6", "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:bench", "awsRegion": "us-east-1",
        })
    };
    json!({"Records": bodies.iter().map(record).collect::<Vec<_>>()}).to_string().into()
}
