//! What there is of Kafka where it was not asked for.

use std::sync::Arc;

use tokio::sync::broadcast::Receiver;
use treble_aws::dynamodb::DynamoHooks;
use treble_core::change::Change;

use super::BROKERS;
use crate::environment::variables;
use crate::output::Failure;
use crate::queue::Queue;

/// There is none.
pub(in crate::up) enum Consumer {}

/// Kafka is asked for.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} is set, but this program was built without Kafka: build it with `cargo build --release --features kafka`, or unset it",
    BROKERS.name
)]
struct NotBuilt;

impl Consumer {
    /// None where nobody asks for one.
    pub(in crate::up) fn new(_: bool) -> Result<Option<Self>, Failure> {
        match variables().optional(BROKERS.name) {
            Some(_) => Err(NotBuilt.into()),
            None => Ok(None),
        }
    }

    /// Never called.
    pub(in crate::up) async fn run(self, _: Arc<DynamoHooks>, _: Queue, _: Receiver<Change>) {
        match self {}
    }
}
