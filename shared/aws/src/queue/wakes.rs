//! Lanes that are to be looked at, as messages.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use serde::{Deserialize, Serialize};
use treble_core::gate::IntegratorName;
use treble_core::gate::ports::{Wake, WakeQueue};
use treble_core::ports::{MAX_DELAY, QueueError};

use super::{Outgoing, SqsQueue};

/// What a message of the queue of lanes says, wherever that queue is: `{"integrator":"name"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WakeMessage {
    /// Whose lane is to be looked at.
    pub integrator: IntegratorName,
}

impl WakeMessage {
    /// Its text.
    ///
    /// # Errors
    /// Never: a name is a text.
    pub fn to_text(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// The message of that text.
    ///
    /// # Errors
    /// When it is no such message.
    pub fn read(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }
}

/// A queue of lanes in SQS: a standard one, in which an integrator's messages are a group of their own.
#[derive(Clone)]
pub struct SqsWakes(SqsQueue);

impl SqsWakes {
    /// The queue at `url`.
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self(SqsQueue::new(client, url))
    }
}

#[async_trait]
impl WakeQueue for SqsWakes {
    async fn send(&self, wakes: &[Wake]) -> Vec<Result<(), QueueError>> {
        self.0.send_all(wakes, message).await
    }
}

fn message(wake: &Wake) -> serde_json::Result<Outgoing> {
    Ok(Outgoing {
        body: WakeMessage { integrator: wake.integrator.clone() }.to_text()?,
        group: wake.integrator.to_string(),
        delay: whole_seconds(wake.delay),
        trace: None,
    })
}

/// SQS counts seconds; a lane that comes before its time would only be sent away again.
fn whole_seconds(delay: Duration) -> Duration {
    let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
    Duration::from_secs(seconds).min(MAX_DELAY)
}

/// Names the queue, not the client with its credentials.
impl fmt::Debug for SqsWakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SqsWakes").field(&self.0).finish()
    }
}
