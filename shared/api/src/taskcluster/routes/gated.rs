//! Integrators are asked before a hook is created or updated, and told after it was.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use treble_core::gate::{Event, Gates, TellError};
use treble_core::hook::{Hook, HookName, StoredHook};
use treble_core::ports::StoreError;

use super::super::call::Call;
use super::super::error::ApiError;
use super::super::service::Service;
use super::super::wire::HookDefinition;

/// For how long a request to create a hook counts as one that is repeated: well below the 30 days for which it is known what was
/// told.
const REPEATED: SignedDuration = SignedDuration::from_hours(24);

/// What happens to a hook.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    Create,
    Update,
}

impl Change {
    /// What integrators are asked before, and told after.
    fn events(self) -> (Event, Event) {
        match self {
            Self::Create => (Event::PreCreateHook, Event::PostCreateHook),
            Self::Update => (Event::PreUpdateHook, Event::PostUpdateHook),
        }
    }
}

/// A change that integrators don't refuse; nobody was asked where there are no gates.
pub(super) struct Gated<'s> {
    definition: Hook,
    /// What tells of it, and what it says.
    telling: Option<(&'s Gates, Event, Map<String, Value>)>,
}

impl<'s> Gated<'s> {
    /// Asks whether a hook may be as it is to be.
    ///
    /// # Errors
    /// When an integrator refuses, or they could not be asked.
    pub(super) async fn ask(
        service: &'s Service,
        call: &Call,
        change: Change,
        name: &HookName,
        definition: &Hook,
    ) -> Result<Self, ApiError> {
        let Some(gates) = &service.engine.gates else {
            return Ok(Self { definition: definition.clone(), telling: None });
        };
        let (before, after) = change.events();
        let mut body = body(call, name, definition)?;
        let asked = gates.ask(before, &body).await?;
        if let Some(refusal) = &asked.refusal {
            return Err(refusal.into());
        }
        body.insert("work_id".into(), asked.approval.work_id.into());
        Ok(Self { definition: definition.clone(), telling: Some((gates, after, body)) })
    }

    /// Whether it is this that was asked about.
    pub(super) fn is_about(&self, definition: &Hook) -> bool {
        self.definition == *definition
    }

    /// Tells that it is done.
    ///
    /// # Errors
    /// When that could not be kept. The request is to be repeated then: it tells of a hook that is there already.
    pub(super) async fn tell(&self, hook: &StoredHook, created: Timestamp) -> Result<(), ApiError> {
        let Some((gates, event, body)) = &self.telling else { return Ok(()) };
        let seed = format!("{} {} {}", hook.name, hook.created, hook.revision);
        match gates.tell(*event, body, created, Some(&seed)).await {
            Err(TellError::Store(StoreError::TooLarge { .. })) => {
                // It could be asked about, and be saved; with what else is kept of a delivery it is too much.
                let mut body = body.clone();
                body.insert("hook".to_owned(), Value::Null);
                body.insert("hook_omitted".to_owned(), true.into());
                gates.tell(*event, &body, created, Some(&seed)).await?;
            }
            told => drop(told?),
        }
        Ok(())
    }

    /// Tells of a hook that was there as it is to be: the request may be one that is repeated, as it was not answered. Nobody is told
    /// twice.
    pub(super) async fn tell_again(&self, hook: &StoredHook, now: Timestamp) -> Result<(), ApiError> {
        if hook.revision == 1 && now.duration_since(hook.created) < REPEATED {
            self.tell(hook, hook.created).await?;
        }
        Ok(())
    }
}

/// What integrators are asked.
fn body(call: &Call, name: &HookName, definition: &Hook) -> Result<Map<String, Value>, ApiError> {
    let definition = serde_json::to_value(HookDefinition::from(definition)).map_err(ApiError::internal)?;
    let client_id = call.caller.as_ref().and_then(|caller| caller.client_id.as_deref());
    Ok(Map::from_iter([
        ("hook_group_id".to_owned(), name.group().into()),
        ("hook_id".to_owned(), name.id().into()),
        ("client_id".to_owned(), client_id.into()),
        ("hook".to_owned(), definition),
    ]))
}
