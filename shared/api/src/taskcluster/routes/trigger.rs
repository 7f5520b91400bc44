//! Firing a hook by a call.

use std::time::Duration;

use http::Method;
use serde_json::Value;
use treble_core::fire::{FireOptions, Fired, TaskIdOrigin};
use treble_core::firing::{FiredBy, Firing};
use treble_core::hawk::constant_time_eq;
use treble_core::hook::StoredHook;
use treble_core::report::FiringReport;
use treble_core::schema::joined;
use treble_core::scope::ScopeTemplate;
use treble_core::slugid::SlugId;
use treble_core::task::is_falsy;

use super::super::call::{Call, Reply};
use super::super::error::{ApiError, Code};
use super::super::route::{Handling, Route};
use super::super::schemas;
use super::super::service::Service;
use super::super::wire::TriggerHookResponse;
use super::{existing_hook, no_task_of_cds};

/// How long the sink may take: API Gateway gives up at 30 seconds.
const SINK_BUDGET: Duration = Duration::from_secs(20);

/// `triggerHook`.
pub static TRIGGER_HOOK: Route = Route {
    name: "triggerHook",
    method: Method::POST,
    path: "/hooks/<hookGroupId>/<hookId>/trigger",
    scopes: Some(ScopeTemplate::Scope("hooks:trigger-hook:<hookGroupId>/<hookId>")),
    input: Some(&schemas::TRIGGER_HOOK),
    output: Some(&schemas::TRIGGER_HOOK_RESPONSE),
    errors: &[
        Code::InputError,
        Code::InsufficientScopes,
        Code::RefusedByGate,
        Code::ResourceNotFound,
        Code::QueueUnavailable,
    ],
    title: "Trigger a hook",
    description: "Create a task from the hook's template. The body must match the hook's `triggerSchema`; with \
                  the schema's defaults filled in, it is the template's `payload`. A `taskId` in it becomes the \
                  task's: a request that is repeated with it fires once.",
    category: "Hook Triggers",
    handler: trigger_hook,
    ..Route::DEFAULT
};

fn trigger_hook<'a>(service: &'a Service, call: &'a mut Call) -> Handling<'a> {
    Box::pin(async move {
        let hook = existing_hook(service, &call.hook_name()?).await?;
        let client_id = call.caller.as_ref().and_then(|caller| caller.client_id.clone());
        fire(service, call, hook, FiredBy::TriggerHook, client_id).await
    })
}

/// `triggerHookWithToken`.
pub static TRIGGER_HOOK_WITH_TOKEN: Route = Route {
    name: "triggerHookWithToken",
    method: Method::POST,
    path: "/hooks/<hookGroupId>/<hookId>/trigger/<token>",
    input: Some(&schemas::TRIGGER_HOOK),
    output: Some(&schemas::TRIGGER_HOOK_RESPONSE),
    errors: &[
        Code::InputError,
        Code::AuthenticationFailed,
        Code::InsufficientScopes,
        Code::RefusedByGate,
        Code::ResourceNotFound,
        Code::ServiceUnavailable,
        Code::QueueUnavailable,
    ],
    title: "Trigger a hook with a token",
    description: "As triggerHook, for callers without credentials: the token in the URL is all they need.",
    category: "Hook Triggers",
    handler: trigger_hook_with_token,
    ..Route::DEFAULT
};

fn trigger_hook_with_token<'a>(service: &'a Service, call: &'a mut Call) -> Handling<'a> {
    Box::pin(async move {
        let hook = existing_hook(service, &call.hook_name()?).await?;
        let token = service.trigger_token(&hook.name, hook.token_generation)?;
        if !constant_time_eq(token.as_str(), call.parameter("token")) {
            return Err(ApiError::new(Code::AuthenticationFailed, "invalid hook token"));
        }
        fire(service, call, hook, FiredBy::TriggerHookWithToken, None).await
    })
}

async fn fire(
    service: &Service,
    call: &mut Call,
    hook: StoredHook,
    fired_by: FiredBy,
    client_id: Option<String>,
) -> Result<Reply, ApiError> {
    no_task_of_cds(&hook, Code::InputError)?;
    let payload = check_payload(&hook, call.payload.take())?;
    let chosen = chosen_task_id(&payload)?;
    let task_id = if chosen.is_some() { TaskIdOrigin::Caller } else { TaskIdOrigin::Random };
    let firing = Firing {
        task_id: chosen.unwrap_or_else(|| SlugId::from_bytes(*uuid::Uuid::new_v4().as_bytes())),
        hook: hook.name.clone(),
        fired_by,
        payload: Some(payload),
        client_id,
        // Another process's clock may be ahead; a firing from before its hook would not be listed.
        created: call.now.max(hook.created),
        trace: call.trace,
    };
    let options = FireOptions { task_id, retried: false, budget: SINK_BUDGET, now: call.now };
    let (task_id, created) = (firing.task_id.clone(), firing.created);
    tracing::Span::current().record("taskId", task_id.as_str());
    let fired = service.engine.fire(&hook, firing, options).await;
    call.firing = Some((task_id, FiringReport::of_call(fired_by, created, &fired, (service.now)())));
    let response = match fired? {
        Fired::Created { task_id, status } => {
            TriggerHookResponse { task_id: Some(task_id.to_string()), status: Some(status) }
        }
        Fired::Declined => TriggerHookResponse { task_id: None, status: None },
    };
    Reply::json(&response)
}

/// The payload with the schema's defaults, if it matches.
fn check_payload(hook: &StoredHook, payload: Value) -> Result<Value, ApiError> {
    // It compiled when the hook was saved, so a failure is no fault of the caller's.
    let schema = hook.definition.trigger_schema().map_err(ApiError::internal)?;
    schema.apply(payload).map_err(|violations| ApiError::input(joined(&violations)))
}

/// The taskId that a payload asks for, if it does.
fn chosen_task_id(payload: &Value) -> Result<Option<SlugId>, ApiError> {
    let asked = match payload.get("taskId") {
        Some(asked) if !is_falsy(asked) => asked,
        _ => return Ok(None),
    };
    if let Some(task_id) = asked.as_str().and_then(|asked| asked.parse().ok()) {
        return Ok(Some(task_id));
    }
    let shown = asked.as_str().map_or_else(|| asked.to_string(), str::to_owned);
    Err(ApiError::input(format!("Invalid taskId format: {shown}")))
}
