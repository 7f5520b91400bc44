//! What stands in for what a function of gates doesn't use.

use async_trait::async_trait;
use treble_core::gate::ports::{GateReply, GateRequest, IntegratorClient, Unanswered, Wake, WakeQueue};
use treble_core::notice::Notice;
use treble_core::ports::{MailError, Mailer, QueueError};

use crate::absent::Absent;

#[async_trait]
impl WakeQueue for Absent {
    async fn send(&self, wakes: &[Wake]) -> Vec<Result<(), QueueError>> {
        let refused =
            || QueueError::Unavailable { reason: "there is none".into(), source: Some((*self).into()) };
        wakes.iter().map(|_| Err(refused())).collect()
    }
}

#[async_trait]
impl IntegratorClient for Absent {
    async fn post(&self, _: GateRequest<'_>) -> Result<GateReply, Unanswered> {
        Err(Unanswered { reason: "nobody is called from here".into(), source: Some((*self).into()) })
    }
}

/// Where no mails are sent, owners hear nothing: that is no failure of a delivery's.
#[async_trait]
impl Mailer for Absent {
    async fn send(&self, _: &Notice) -> Result<(), MailError> {
        Err(MailError::Refused((*self).into()))
    }
}
