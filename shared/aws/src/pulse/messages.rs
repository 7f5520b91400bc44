//! A broker's messages, sent to an SQS queue.

use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use treble_core::ports::{PulseQueue, QueueError};
use treble_core::pulse::PulseMessage;

use crate::queue::{Outgoing, SqsQueue};
use crate::sink::within_charset;

#[async_trait]
impl PulseQueue for SqsQueue {
    async fn send(&self, messages: &[PulseMessage]) -> Vec<Result<(), QueueError>> {
        self.send_all(messages, outgoing).await
    }
}

/// Each exchange is a group of its own: a busy one doesn't delay the others. Its name may be more than SQS takes.
fn outgoing(message: &PulseMessage) -> Result<Outgoing, serde_json::Error> {
    Ok(Outgoing {
        body: within_charset(serde_json::to_string(message)?),
        group: URL_SAFE_NO_PAD.encode(Sha256::digest(&message.exchange)),
        delay: Duration::ZERO,
        trace: message.trace,
    })
}
