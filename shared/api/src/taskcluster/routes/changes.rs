//! Creating, updating and removing hooks.

use http::Method;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use treble_core::hook::{Binding, Hook, HookName, StoredHook};
use treble_core::ports::CreateOutcome;
use treble_core::scope::ScopeTemplate;
use treble_core::trigger_schema::{TriggerSchema, default_trigger_schema};

use super::super::call::{Call, Reply};
use super::super::error::{ApiError, Code};
use super::super::route::{Handling, Route};
use super::super::schemas;
use super::super::service::Service;
use super::super::wire::HookDefinition;
use super::gated::{Change, Gated};
use super::tokens::{ATTEMPTS, contended};
use super::{HOOK_PATH, existing_hook, no_task_of_cds};

const MODIFY: ScopeTemplate = ScopeTemplate::Scope("hooks:modify-hook:<hookGroupId>/<hookId>");

/// Whoever may give a hook its task gives away the authority of the hook's role.
const MODIFY_AND_ASSUME: ScopeTemplate =
    ScopeTemplate::AllOf(&[MODIFY, ScopeTemplate::Scope("assume:hook-id:<hookGroupId>/<hookId>")]);

/// `createHook`.
pub static CREATE_HOOK: Route = Route {
    name: "createHook",
    method: Method::PUT,
    path: HOOK_PATH,
    scopes: Some(MODIFY_AND_ASSUME),
    input: Some(&schemas::CREATE_HOOK_REQUEST),
    output: Some(&schemas::HOOK_DEFINITION),
    errors: &[Code::InputError, Code::RefusedByGate, Code::RequestConflict],
    title: "Create a hook",
    description: "Create a new hook. Its tasks are created with the role `hook-id:<hookGroupId>/<hookId>`, \
                  which the caller must be able to assume. Creating a hook again as it is changes nothing; \
                  creating it otherwise is a 409.",
    handler: create_hook,
    ..Route::DEFAULT
};

fn create_hook<'a>(service: &'a Service, call: &'a mut Call) -> Handling<'a> {
    Box::pin(async move {
        let name = call.hook_name()?;
        check_ids(&call.payload, &name)?;
        fill_defaults(&mut call.payload, &name);
        let definition = definition(&call.payload, &[])?;
        let due_at = check_schedule(&definition, call.now)?;
        check_trigger_schema(&definition)?;
        check_bindings(service, &definition)?;
        let hook = StoredHook::new(name, definition, call.now, due_at);
        let gated = Gated::ask(service, call, Change::Create, &hook.name, &hook.definition).await?;
        match service.hooks.create(&hook).await? {
            CreateOutcome::Created => {
                gated.tell(&hook, call.now).await?;
                Reply::json(&call.payload)
            }
            CreateOutcome::Exists(existing) if existing.definition == hook.definition => {
                gated.tell_again(&existing, call.now).await?;
                Reply::json(&call.payload)
            }
            CreateOutcome::Exists(_) => {
                let message = format!("hook `{}` already exists.", hook.name);
                Err(ApiError::new(Code::RequestConflict, message))
            }
        }
    })
}

/// `updateHook`.
pub static UPDATE_HOOK: Route = Route {
    name: "updateHook",
    method: Method::POST,
    path: HOOK_PATH,
    scopes: Some(MODIFY_AND_ASSUME),
    input: Some(&schemas::CREATE_HOOK_REQUEST),
    output: Some(&schemas::HOOK_DEFINITION),
    errors: &[Code::InputError, Code::RefusedByGate, Code::ResourceNotFound, Code::RequestConflict],
    title: "Update a hook",
    description: "Replace a hook's definition. Bindings that are left out stay as they are; a schedule or \
                  triggerSchema that is left out becomes the default. The trigger token stays.",
    handler: update_hook,
    ..Route::DEFAULT
};

fn update_hook<'a>(service: &'a Service, call: &'a mut Call) -> Handling<'a> {
    Box::pin(async move {
        let name = call.hook_name()?;
        check_ids(&call.payload, &name)?;
        fill_defaults(&mut call.payload, &name);
        let mut gated: Option<Gated<'_>> = None;
        for _ in 0..ATTEMPTS {
            let old = existing_hook(service, &name).await?;
            no_task_of_cds(&old, Code::RequestConflict)?;
            let definition = definition(&call.payload, &old.definition.bindings)?;
            check_trigger_schema(&definition)?;
            let next = check_schedule(&definition, call.now)?;
            // What is due stays due: occurrences that were sent already are not sent again.
            let due_at = if definition.schedule == old.definition.schedule { old.due_at } else { next };
            check_bindings(service, &definition)?;
            // What was asked about once is not asked about again because others came between.
            let asked = match gated.take().filter(|gated| gated.is_about(&definition)) {
                Some(asked) => asked,
                None => Gated::ask(service, call, Change::Update, &name, &definition).await?,
            };
            let asked = gated.insert(asked);
            let new = StoredHook {
                definition: definition.into(),
                due_at,
                revision: old.revision + 1,
                ..old.clone()
            };
            if service.hooks.replace(&old, &new).await? {
                asked.tell(&new, call.now).await?;
                return Reply::json(&HookDefinition::from(&*new.definition));
            }
        }
        Err(contended())
    })
}

/// `removeHook`.
pub static REMOVE_HOOK: Route = Route {
    name: "removeHook",
    method: Method::DELETE,
    path: HOOK_PATH,
    scopes: Some(MODIFY),
    errors: &[Code::RequestConflict],
    title: "Delete a hook",
    description: "Remove a hook and its history. Removing one that isn't there is no error.",
    handler: remove_hook,
    ..Route::DEFAULT
};

fn remove_hook<'a>(service: &'a Service, call: &'a mut Call) -> Handling<'a> {
    Box::pin(async move {
        let name = call.hook_name()?;
        for _ in 0..ATTEMPTS {
            let Some(hook) = service.hooks.get(&name).await? else {
                return Ok(Reply::empty());
            };
            no_task_of_cds(&hook, Code::RequestConflict)?;
            if service.hooks.remove(&hook).await? {
                return Ok(Reply::empty());
            }
        }
        Err(contended())
    })
}

/// The ids in a body, where it has any, are those of the URL.
fn check_ids(payload: &Value, name: &HookName) -> Result<(), ApiError> {
    let differs = |property: &str, expected: &str| {
        payload.get(property).is_some_and(|given| given.as_str() != Some(expected))
    };
    if differs("hookGroupId", name.group()) {
        return Err(ApiError::input("Hook Group Ids do not match"));
    }
    if differs("hookId", name.id()) {
        return Err(ApiError::input("Hook Ids do not match"));
    }
    Ok(())
}

/// Fills in what a body may leave out, but for bindings; in the order of the reference service.
fn fill_defaults(payload: &mut Value, name: &HookName) {
    let Some(members) = payload.as_object_mut() else { return };
    if let Some(metadata) = members.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.entry("emailOnError").or_insert(json!(true));
    }
    members.entry("schedule").or_insert_with(|| json!([]));
    members.entry("triggerSchema").or_insert_with(default_trigger_schema);
    members.entry("hookGroupId").or_insert_with(|| name.group().into());
    members.entry("hookId").or_insert_with(|| name.id().into());
}

/// The definition that a checked body gives; `bindings` stand in where it has none.
fn definition(payload: &Value, bindings: &[Binding]) -> Result<Hook, ApiError> {
    let mut hook = Hook::deserialize(payload).map_err(ApiError::internal)?;
    if payload.get("bindings").is_none() {
        hook.bindings = bindings.to_vec();
    }
    Ok(hook)
}

/// The next occurrence of a schedule; an error for a pattern that is none.
fn check_schedule(hook: &Hook, now: Timestamp) -> Result<Option<Timestamp>, ApiError> {
    let schedule = hook.parse_schedule().map_err(|error| ApiError::input(error.to_string()))?;
    Ok(schedule.next_after(now))
}

fn check_trigger_schema(hook: &Hook) -> Result<(), ApiError> {
    TriggerSchema::compile(&hook.trigger_schema).map(drop).map_err(|error| ApiError::input(error.to_string()))
}

fn check_bindings(service: &Service, hook: &Hook) -> Result<(), ApiError> {
    let denied = service.denied_exchanges.among(&hook.bindings);
    if denied.is_empty() {
        return Ok(());
    }
    let list = serde_json::to_string(&denied).map_err(ApiError::internal)?;
    let message = format!("One or more of the exchanges below have been denied access to hooks\n{list}");
    Err(ApiError::input(message))
}
