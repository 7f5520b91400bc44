//! Telling an integrator's owner that its endpoint fails, and that it works again.

use jiff::Timestamp;

use super::super::Integrator;
use super::super::ports::LaneState;
use super::Deliverer;
use crate::notice::{NoMail, Notice};
use crate::ports::{MailError, chain};

/// How often an endpoint fails in a row before its owner is told: that is about a minute.
const FAILURES_TO_TELL: u32 = 5;

impl Deliverer {
    /// Tells the owner, if it is time to. Whether that is done with.
    pub(super) async fn tell_failure(&self, integrator: &Integrator, lane: &LaneState) -> bool {
        let Some(owner) = integrator.owner.as_deref().filter(|_| lane.failures >= FAILURES_TO_TELL) else {
            return false;
        };
        self.mail(integrator, Notice::integrator_fails(integrator, owner, lane)).await
    }

    /// Tells an owner that was told of the failure. Whether that is done with.
    pub(super) async fn tell_recovery(&self, integrator: &Integrator, since: Option<Timestamp>) -> bool {
        match integrator.owner.as_deref() {
            Some(owner) => {
                self.mail(integrator, Notice::integrator_recovered(integrator, owner, since)).await
            }
            None => true,
        }
    }

    /// A mail that could not be sent may be next time; one that is refused is not tried again.
    async fn mail(&self, integrator: &Integrator, notice: Result<Notice, NoMail>) -> bool {
        let error = match notice {
            Ok(notice) => match self.mailer.send(&notice).await {
                Ok(()) => return true,
                Err(error @ MailError::Unavailable(_)) => {
                    tracing::warn!(integrator = %integrator.name, error = chain(&error), "an owner can't be told now");
                    return false;
                }
                Err(error) => chain(&error),
            },
            Err(no_mail) => no_mail.to_string(),
        };
        tracing::warn!(integrator = %integrator.name, error, "an integrator's owner gets no mail");
        true
    }
}
