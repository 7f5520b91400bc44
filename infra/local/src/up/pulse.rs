//! A broker's messages, in this process: the bridge, a queue of its own for what it takes in, and what fires from it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use treble_aws::queue::backoff;
use treble_core::change::Change;
use treble_core::ports::{DeadLetter, DeadLetters};
use treble_core::pulse::{Dispatcher, PulseMessage};
use treble_pulse_bridge::LocalChanges;

use crate::output;
use crate::queue::Received;
use crate::queue::worker::Handler;

/// Hands changes of hooks over to the bridge.
pub(super) async fn pass_on(mut changes: Receiver<Change>, bridge: Arc<LocalChanges>) {
    loop {
        match changes.recv().await {
            Ok(change) => bridge.push(change),
            Err(RecvError::Lagged(missed)) => tracing::warn!("{missed} changes are not published"),
            Err(RecvError::Closed) => return,
        }
    }
}

/// Fires hooks from the queue of messages.
pub(super) struct Pulse {
    pub(super) dispatcher: Dispatcher,
    pub(super) dead_letters: Arc<dyn DeadLetters>,
}

#[async_trait]
impl Handler for Pulse {
    async fn handle(&self, message: &Received) -> Result<(), Duration> {
        let parsed: PulseMessage = match serde_json::from_str(&message.body) {
            Ok(parsed) => parsed,
            Err(error) => {
                return self.bury(message, format!("the message is none of the bridge's: {error}")).await;
            }
        };
        let results = self.dispatcher.dispatch(&[parsed], Timestamp::now()).await;
        for result in results {
            match result {
                Ok(fired) => tracing::info!(fired, "a broker's message"),
                Err(error) => {
                    tracing::warn!("hooks are fired later: {}", output::chain(&error));
                    return Err(backoff(message.receives));
                }
            }
        }
        Ok(())
    }

    async fn give_up(&self, message: &Received) -> Result<(), Duration> {
        // A last time: mostly it is a store that did not answer.
        match self.handle(message).await {
            Ok(()) => Ok(()),
            Err(_) => self.bury(message, "its hooks could not be fired, see the log".to_owned()).await,
        }
    }
}

impl Pulse {
    async fn bury(&self, message: &Received, reason: String) -> Result<(), Duration> {
        let id = format!("pulse-message-{}", message.id);
        tracing::error!("a broker's message is a dead letter now, see `treble dead-letters`: {reason}");
        let letter =
            DeadLetter { id, hook: None, died: Timestamp::now(), reason, message: message.body.clone() };
        self.dead_letters.add(&letter).await.map_err(|error| {
            tracing::error!("a dead letter can't be kept: {}", output::chain(&error));
            backoff(message.receives)
        })
    }
}
