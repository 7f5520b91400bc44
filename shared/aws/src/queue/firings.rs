//! Firings as messages.

use async_trait::async_trait;
use treble_core::ports::{DelayedFiring, FiringQueue, QueueError};

use super::{Outgoing, SqsQueue};
use crate::sink::{group_id, within_charset};

#[async_trait]
impl FiringQueue for SqsQueue {
    async fn send(&self, firings: &[DelayedFiring]) -> Vec<Result<(), QueueError>> {
        self.send_all(firings, message).await
    }
}

fn message(firing: &DelayedFiring) -> Result<Outgoing, serde_json::Error> {
    Ok(Outgoing {
        body: within_charset(serde_json::to_string(&firing.firing)?),
        group: group_id(&firing.firing.hook),
        delay: firing.delay,
        trace: firing.firing.trace,
    })
}
