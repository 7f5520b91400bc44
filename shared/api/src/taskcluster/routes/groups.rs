//! Listing groups, and the hooks of one.

use treble_core::scope::ScopeTemplate;

use super::super::call::{Call, Reply};
use super::super::error::{ApiError, Code};
use super::super::query::PAGING;
use super::super::route::{Handling, Route};
use super::super::schemas;
use super::super::service::Service;
use super::super::wire::{HookGroups, HookList};

/// `listHookGroups`.
pub static LIST_HOOK_GROUPS: Route = Route {
    name: "listHookGroups",
    path: "/hooks",
    scopes: Some(ScopeTemplate::Scope("hooks:list-hooks:")),
    query: PAGING,
    output: Some(&schemas::LIST_HOOK_GROUPS_RESPONSE),
    errors: &[Code::InputError],
    title: "List hook groups",
    description: "Return the `hookGroupId`s that have at least one hook, in code-point order: all of them, or \
                  `limit` at a time.",
    handler: list_hook_groups,
    ..Route::DEFAULT
};

fn list_hook_groups<'a>(service: &'a Service, call: &'a mut Call) -> Handling<'a> {
    Box::pin(async move {
        let page = service.hooks.groups(&call.page()).await?;
        Reply::json(&HookGroups { groups: page.items, continuation_token: page.continuation })
    })
}

/// `listHooks`.
pub static LIST_HOOKS: Route = Route {
    name: "listHooks",
    path: "/hooks/<hookGroupId>",
    scopes: Some(ScopeTemplate::Scope("hooks:list-hooks:<hookGroupId>")),
    query: PAGING,
    output: Some(&schemas::LIST_HOOKS_RESPONSE),
    errors: &[Code::InputError, Code::ResourceNotFound],
    title: "List hooks in a given group",
    description: "Return the definitions of all hooks of the group, by hookId in code-point order: all of them, \
                  or `limit` at a time. A group without hooks is a 404.",
    handler: list_hooks,
    ..Route::DEFAULT
};

fn list_hooks<'a>(service: &'a Service, call: &'a mut Call) -> Handling<'a> {
    Box::pin(async move {
        let asked = call.page();
        let page = service.hooks.list(call.parameter("hookGroupId"), &asked).await?;
        // What follows a page may be gone by now, and none of a group's hooks were asked for by a limit of 0.
        if page.items.is_empty() && asked.continuation.is_none() && asked.limit != Some(0) {
            return Err(ApiError::not_found("No such group"));
        }
        Reply::json(&HookList::new(&page.items, page.continuation))
    })
}
