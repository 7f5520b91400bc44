//! Reading a hook.

use treble_core::scope::ScopeTemplate;

use super::super::call::{Call, Reply};
use super::super::error::Code;
use super::super::route::{Handling, Route};
use super::super::schemas;
use super::super::service::Service;
use super::super::wire::HookDefinition;
use super::{HOOK_PATH, existing_hook};

/// `hook`.
pub static HOOK: Route = Route {
    name: "hook",
    path: HOOK_PATH,
    // A colon before hookId, here alone: clients' scopes were given out this way.
    scopes: Some(ScopeTemplate::Scope("hooks:get:<hookGroupId>:<hookId>")),
    output: Some(&schemas::HOOK_DEFINITION),
    errors: &[Code::ResourceNotFound],
    title: "Get hook definition",
    description: "Return the hook's definition.",
    handler: hook,
    ..Route::DEFAULT
};

fn hook<'a>(service: &'a Service, call: &'a mut Call) -> Handling<'a> {
    Box::pin(async move {
        let hook = existing_hook(service, &call.hook_name()?).await?;
        Reply::json(&HookDefinition::from(&*hook.definition))
    })
}
