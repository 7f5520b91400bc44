//! Firings as messages.

use async_trait::async_trait;
use treble_core::ports::{DelayedFiring, FiringQueue, QueueError};

use super::{Outgoing, SqsQueue};
use crate::sink::{group_id, within_charset};

#[async_trait]
impl FiringQueue for SqsQueue {
    async fn send(&self, firings: &[DelayedFiring]) -> Vec<Result<(), QueueError>> {
        let messages = firings.iter().map(message).collect::<Result<Vec<_>, _>>();
        match messages {
            Ok(messages) => SqsQueue::send(self, &messages).await,
            // Never: a firing is text, numbers and JSON.
            Err(error) => {
                let reason = format!("a firing can't be written as JSON: {error}");
                let failed = |_| Err(QueueError::Unavailable { reason: reason.clone(), source: None });
                firings.iter().map(failed).collect()
            }
        }
    }
}

fn message(firing: &DelayedFiring) -> Result<Outgoing, serde_json::Error> {
    Ok(Outgoing {
        body: within_charset(serde_json::to_string(&firing.firing)?),
        group: group_id(&firing.firing.hook),
        delay: firing.delay,
    })
}
