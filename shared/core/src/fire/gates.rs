//! The gates of a firing: integrators that are asked before a hook fires, and told after it did.
//!
//! A firing is known to them by its taskId, which is the `work_id` that ties both together; one who gave an own for it is told that.
//! So whoever tells of a firing that was asked about by somebody else, who died, needs nothing but the firing.

use serde_json::{Map, Value, json};

use super::error::truncated;
use super::{Engine, FireError, Fired};
use crate::firing::Firing;
use crate::gate::{AskError, Event, Gates, Refusal, TellError};
use crate::hook::StoredHook;
use crate::ports::StoreError;

/// As much of an error is told, in bytes; the firing's record has more of it.
const MAX_TOLD_ERROR_BYTES: usize = 4096;

impl Engine {
    /// Asks whether a hook may fire.
    pub(super) async fn ask(&self, hook: &StoredHook, firing: &Firing) -> Result<(), FireError> {
        let Some(gates) = &self.gates else { return Ok(()) };
        let body = trigger_body(hook, firing);
        let asked = gates.ask_as(Event::PreTriggerHook, &body, Some(firing.task_id.as_str())).await;
        match asked.map_err(|AskError::Store(error)| error)?.refusal {
            None => Ok(()),
            Some(Refusal { integrator, reason, unanswered }) => {
                Err(FireError::Refused { integrator, reason, unanswered })
            }
        }
    }

    /// Tells what came of a firing, and says it too. What can't be told now is an error that brings the firing again: who was told
    /// already is not told twice.
    pub(super) async fn told(
        &self,
        hook: &StoredHook,
        firing: &Firing,
        fired: Result<Fired, FireError>,
    ) -> Result<Fired, FireError> {
        let Some(gates) = &self.gates else { return fired };
        let (result, error) = match &fired {
            Ok(Fired::Created { .. }) => ("success", None),
            Ok(Fired::Declined) => ("declined", None),
            Err(error) => ("error", Some(truncated(error.owner_text(), MAX_TOLD_ERROR_BYTES))),
        };
        let telling = Telling { gates, firing, result };
        let outcome = [("result", json!(result)), ("error", json!(error))];
        let outcome = || outcome.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let mut body = trigger_body(hook, firing);
        body.insert("work_id".to_owned(), firing.task_id.as_str().into());
        body.extend(outcome());
        telling.tell(Event::PostTriggerHook, body).await?;
        let mut body = firing_body(hook, firing);
        body.extend(outcome());
        telling.tell(Event::PostFire, body).await?;
        fired
    }
}

/// Telling of one firing that it came to this.
struct Telling<'a> {
    gates: &'a Gates,
    firing: &'a Firing,
    result: &'static str,
}

impl Telling<'_> {
    async fn tell(&self, event: Event, mut body: Map<String, Value>) -> Result<(), StoreError> {
        // An error that becomes a success is news, and told once more.
        let seed = format!("{} {}", self.firing.task_id, self.result);
        let created = self.firing.created;
        let told = match self.gates.tell(event, &body, created, Some(&seed)).await {
            Err(TellError::Store(StoreError::TooLarge { .. })) => {
                // It was asked about with its payload; that is too much to be kept.
                body.insert("payload".to_owned(), Value::Null);
                body.insert("payload_omitted".to_owned(), true.into());
                self.gates.tell(event, &body, created, Some(&seed)).await
            }
            told => told,
        };
        told.map(drop).map_err(|error| match error {
            TellError::Store(error) => error,
            TellError::Queue(error) => StoreError::Unavailable {
                operation: "send on its way what integrators are told of a firing".to_owned(),
                source: error.into(),
            },
        })
    }
}

/// Which firing it is.
fn firing_body(hook: &StoredHook, firing: &Firing) -> Map<String, Value> {
    let members = [
        ("hook_group_id", json!(hook.name.group())),
        ("hook_id", json!(hook.name.id())),
        ("client_id", json!(firing.client_id)),
        ("task_id", json!(firing.task_id)),
        ("fired_by", json!(firing.fired_by.as_str())),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The same, with what it is about.
fn trigger_body(hook: &StoredHook, firing: &Firing) -> Map<String, Value> {
    let mut body = firing_body(hook, firing);
    body.insert("payload".to_owned(), firing.payload.clone().unwrap_or_default());
    body
}

#[cfg(test)]
mod tests;
