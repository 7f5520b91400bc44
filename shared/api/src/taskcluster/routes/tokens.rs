//! The secret with which anybody may fire a hook.

use http::Method;
use treble_core::scope::ScopeTemplate;

use super::super::call::{Call, Reply};
use super::super::error::{ApiError, Code};
use super::super::route::{Handling, Route};
use super::super::schemas;
use super::super::service::Service;
use super::super::wire::TriggerTokenResponse;
use super::existing_hook;

/// How often a change is tried when others come between. Each of those was made, so that as many changes at once as
/// this are all made.
pub(super) const ATTEMPTS: usize = 32;

const TOKEN_PATH: &str = "/hooks/<hookGroupId>/<hookId>/token";

/// `getTriggerToken`.
pub static GET_TRIGGER_TOKEN: Route = Route {
    name: "getTriggerToken",
    path: TOKEN_PATH,
    scopes: Some(ScopeTemplate::Scope("hooks:get-trigger-token:<hookGroupId>/<hookId>")),
    output: Some(&schemas::TRIGGER_TOKEN_RESPONSE),
    errors: &[Code::ResourceNotFound],
    title: "Get a trigger token",
    description: "Return the secret with which triggerHookWithToken fires the hook. resetTriggerToken makes it \
                  worthless.",
    category: "Hook Triggers",
    handler: get_trigger_token,
    ..Route::DEFAULT
};

fn get_trigger_token<'a>(service: &'a Service, call: &'a mut Call) -> Handling<'a> {
    Box::pin(async move {
        let hook = existing_hook(service, &call.hook_name()?).await?;
        let token = service.trigger_token(&hook.name, hook.token_generation)?.to_string();
        Reply::json(&TriggerTokenResponse { token })
    })
}

/// `resetTriggerToken`.
pub static RESET_TRIGGER_TOKEN: Route = Route {
    name: "resetTriggerToken",
    method: Method::POST,
    path: TOKEN_PATH,
    scopes: Some(ScopeTemplate::Scope("hooks:reset-trigger-token:<hookGroupId>/<hookId>")),
    output: Some(&schemas::TRIGGER_TOKEN_RESPONSE),
    errors: &[Code::ResourceNotFound, Code::RequestConflict],
    title: "Reset a trigger token",
    description: "Give the hook a new trigger token and return it. The old one is worthless at once.",
    category: "Hook Triggers",
    handler: reset_trigger_token,
    ..Route::DEFAULT
};

fn reset_trigger_token<'a>(service: &'a Service, call: &'a mut Call) -> Handling<'a> {
    Box::pin(async move {
        for _ in 0..ATTEMPTS {
            let hook = existing_hook(service, &call.hook_name()?).await?;
            let generation = hook.next_token_generation(call.now);
            if service.hooks.set_token_generation(&hook, generation).await? {
                let token = service.trigger_token(&hook.name, generation)?.to_string();
                return Reply::json(&TriggerTokenResponse { token });
            }
        }
        Err(contended())
    })
}

/// Others changed the hook between each of our readings and writings.
pub(super) fn contended() -> ApiError {
    ApiError::new(Code::RequestConflict, "The hook is being changed by others at the same time: try again")
}
