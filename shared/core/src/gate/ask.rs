//! Asking integrators before something happens.

use std::fmt;

use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::ports::{Correlation, GateRequest};
use super::{Approval, DeliveryId, Event, FailurePolicy, Gates, Integrator, IntegratorName};
use crate::ports::{StoreError, chain};

/// What a `work_id` of ours begins with.
const WORK_ID_PREFIX: &str = "work_";

/// Why it may not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Who refused.
    pub integrator: IntegratorName,
    /// Why: their own words, or what went wrong when they were asked.
    pub reason: String,
    /// Whether they were not reached, or not understood, rather than said no.
    pub unanswered: bool,
}

impl fmt::Display for Refusal {
    /// Who, and why: what whoever asked is told.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&refusal_text(&self.integrator, &self.reason, self.unanswered))
    }
}

/// Who did not approve, and why, in a line.
pub(crate) fn refusal_text(integrator: &IntegratorName, reason: &str, unanswered: bool) -> String {
    let did = if unanswered { "could not be asked" } else { "refused" };
    format!("integrator {integrator} {did}: {reason}")
}

/// What came of asking all integrators that want to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// What they say together: approved, if all of them approve. `work_id` is always there: that of the one integrator that gave one, or one
    /// of ours, where there are several or none.
    pub approval: Approval,
    /// Who refused, the first of them by name.
    pub refusal: Option<Refusal>,
}

/// Why they could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// A store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Gates {
    /// Asks all integrators that want to be asked, at once, and keeps which `work_id` they gave.
    ///
    /// `body` is what they get: snake_case, as spec/ccx.md has it. An integrator that doesn't answer, or not as it should, counts as its
    /// policy says; what can't be refused is never refused.
    ///
    /// # Errors
    /// When a store did not answer. Integrators' failures are no errors.
    pub async fn ask(&self, event: Event, body: &Map<String, Value>) -> Result<Asked, AskError> {
        self.ask_as(event, body, None).await
    }

    /// The same, where it is `work_id` that ties the `post-` event to it, whatever integrators give: each one's own becomes of
    /// it as they are told.
    pub(crate) async fn ask_as(
        &self,
        event: Event,
        body: &Map<String, Value>,
        work_id: Option<&str>,
    ) -> Result<Asked, AskError> {
        let integrators = self.integrators.wanting(event).await?;
        let now = (self.clock)();
        let answers = if integrators.is_empty() {
            Vec::new()
        } else {
            let body = Value::Object(body.clone()).to_string();
            join_all(integrators.iter().map(|integrator| self.ask_one(event, integrator, &body, now))).await
        };
        let mut asked = together(&answers);
        let correlation = self.correlation(event, &answers, now, work_id);
        // Nobody was asked: nobody has an id of their own, and whoever is told gets this one.
        if !answers.is_empty() {
            self.correlations.put(&correlation).await?;
        }
        asked.approval.work_id = Some(correlation.work_id);
        Ok(asked)
    }

    async fn ask_one(&self, event: Event, integrator: &Integrator, body: &str, now: Timestamp) -> Answer {
        let id = DeliveryId::new(now, (self.random)());
        let request = GateRequest { integrator, path: event.as_str(), id: id.as_str(), now, body };
        let answer = match self.client.post(request).await {
            Ok(reply) => Approval::of_reply(event, &reply).map_err(|error| error.to_string()),
            Err(error) => {
                tracing::warn!(integrator = %integrator.name, %event, error = chain(&error), "an integrator gave no answer");
                Err(error.reason)
            }
        };
        Answer::new(event, integrator, answer)
    }

    /// The ids by which those that were asked know what they were asked.
    fn correlation(
        &self,
        event: Event,
        answers: &[Answer],
        now: Timestamp,
        work_id: Option<&str>,
    ) -> Correlation {
        let work_id = match (work_id, answers) {
            (Some(work_id), _) => work_id.to_owned(),
            // There is only one who could know it by another.
            (None, [Answer { approval: Approval { work_id: Some(work_id), .. }, .. }]) => work_id.clone(),
            (None, _) => format!("{WORK_ID_PREFIX}{:016x}{:016x}", (self.random)(), (self.random)()),
        };
        let own = answers.iter().filter_map(|answer| {
            let own = answer.approval.work_id.clone().filter(|own| *own != work_id)?;
            Some((answer.integrator.clone(), own))
        });
        Correlation { event, created: now, own: own.collect(), work_id }
    }
}

/// What an integrator says, or counts as saying.
struct Answer {
    integrator: IntegratorName,
    approval: Approval,
    refusal: Option<Refusal>,
}

impl Answer {
    /// An error is why there is nothing that it says.
    fn new(event: Event, integrator: &Integrator, answer: Result<Approval, String>) -> Self {
        let rejects = event.may_be_refused() && integrator.failure_policy == FailurePolicy::Reject;
        let refused =
            |reason, unanswered| Refusal { integrator: integrator.name.clone(), reason, unanswered };
        let (approval, refusal) = match answer {
            Ok(Approval { approved: false, reason, work_id, .. }) => {
                let reason = reason.unwrap_or_else(|| "no reason given".to_owned());
                (Approval { work_id, ..Approval::default() }, Some(refused(reason, false)))
            }
            Ok(approval) => (approval, None),
            Err(why) if rejects => (Approval::default(), Some(refused(why, true))),
            Err(why) => {
                tracing::warn!(integrator = %integrator.name, %event, why, "it goes on without an integrator");
                (Approval { approved: true, ..Approval::default() }, None)
            }
        };
        Self { integrator: integrator.name.clone(), approval, refusal }
    }
}

/// What all say together, but for the `work_id`. Each reason says whose it is.
fn together(answers: &[Answer]) -> Asked {
    let refusals: Vec<&Refusal> = answers.iter().filter_map(|answer| answer.refusal.as_ref()).collect();
    let first = |member: fn(&Approval) -> &Option<String>| {
        answers.iter().find_map(|answer| member(&answer.approval).clone())
    };
    let approval = if refusals.is_empty() {
        Approval {
            approved: true,
            user_id: first(|approval| &approval.user_id),
            project_id: first(|approval| &approval.project_id),
            organisation_id: first(|approval| &approval.organisation_id),
            ..Approval::default()
        }
    } else {
        let reasons: Vec<String> = refusals.iter().map(ToString::to_string).collect();
        Approval { reason: Some(reasons.join("; ")), ..Approval::default() }
    };
    Asked { approval, refusal: refusals.first().map(|refusal| (*refusal).clone()) }
}

#[cfg(test)]
mod tests;
