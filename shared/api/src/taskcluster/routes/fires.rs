//! What came of a hook's firings.

use futures_util::future::try_join_all;
use serde_json::{Map, Value};
use treble_core::firing::{FireRecord, FireResult};
use treble_core::hook::{Binding, StoredHook};
use treble_core::ports::{BindingProblem, PageRequest};
use treble_core::scope::ScopeTemplate;
use treble_core::task::iso;

use super::super::call::{Call, Reply};
use super::super::error::{ApiError, Code};
use super::super::query::PAGING;
use super::super::route::{Handling, Route, Stability};
use super::super::schemas;
use super::super::service::Service;
use super::super::wire::{Fire, HookStatus, LastFire, LastFires, RefusedBinding};
use super::existing_hook;

/// The most firings that one reply lists.
const MAX_FIRES: usize = 1000;

/// `listLastFires`.
pub static LIST_LAST_FIRES: Route = Route {
    name: "listLastFires",
    path: "/hooks/<hookGroupId>/<hookId>/last-fires",
    scopes: Some(ScopeTemplate::Scope("hooks:list-last-fires:<hookGroupId>/<hookId>")),
    query: PAGING,
    output: Some(&schemas::LIST_LAST_FIRES_RESPONSE),
    errors: &[Code::InputError, Code::ResourceNotFound],
    title: "Get information about recent hook fires",
    description: "Return the hook's firings of the last year, newest first: 1000 at the most, or `limit`.",
    category: "Hook Status",
    handler: list_last_fires,
    ..Route::DEFAULT
};

fn list_last_fires<'a>(service: &'a Service, call: &'a mut Call) -> Handling<'a> {
    Box::pin(async move {
        let none = || ApiError::not_found("No such hook or never fired");
        let hook = service.hooks.get(&call.hook_name()?).await?.ok_or_else(none)?;
        let asked = call.page();
        let limit = asked.limit.unwrap_or(MAX_FIRES).min(MAX_FIRES);
        if limit == 0 {
            return Err(none());
        }
        let page = service.engine.fires.list(&hook, &PageRequest { limit: Some(limit), ..asked }).await?;
        if page.items.is_empty() {
            return Err(none());
        }
        Reply::json(&LastFires {
            last_fires: page.items.into_iter().map(Fire::from).collect(),
            continuation_token: page.continuation,
        })
    })
}

/// `getHookStatus`.
pub static GET_HOOK_STATUS: Route = Route {
    name: "getHookStatus",
    path: "/hooks/<hookGroupId>/<hookId>/status",
    scopes: Some(ScopeTemplate::Scope("hooks:status:<hookGroupId>/<hookId>")),
    output: Some(&schemas::HOOK_STATUS),
    errors: &[Code::ResourceNotFound],
    title: "Get hook status",
    description: "Return the hook's last firing, the next moment of its schedule, and those of its bindings that the broker \
                  refuses. listLastFires tells more of firings.",
    category: "Hook Status",
    stability: Stability::Deprecated,
    handler: get_hook_status,
    ..Route::DEFAULT
};

fn get_hook_status<'a>(service: &'a Service, call: &'a mut Call) -> Handling<'a> {
    Box::pin(async move {
        let hook = existing_hook(service, &call.hook_name()?).await?;
        let newest = PageRequest { limit: Some(1), continuation: None };
        let record = service.engine.fires.list(&hook, &newest).await?.items.pop();
        let last_fire = record.map_or(LastFire::NoFire {}, last_fire);
        // It could be read when it was saved.
        let schedule = hook.definition.parse_stored_schedule().map_err(ApiError::internal)?;
        let next_scheduled_date = schedule.next_after(call.now).map(iso);
        let refused_bindings = refused_bindings(service, &hook).await?;
        Reply::json(&HookStatus { last_fire, next_scheduled_date, refused_bindings })
    })
}

async fn refused_bindings(service: &Service, hook: &StoredHook) -> Result<Vec<RefusedBinding>, ApiError> {
    let bindings = &hook.definition.bindings;
    let made = try_join_all(bindings.iter().map(|binding| service.bindings.find(binding))).await?;
    let refused = made.into_iter().flatten().filter_map(|made| {
        let BindingProblem { problem, since } = made.problem?;
        let Binding { exchange, routing_key_pattern } = made.binding;
        Some(RefusedBinding { exchange, routing_key_pattern, problem, since: iso(since) })
    });
    Ok(refused.collect())
}

fn last_fire(record: FireRecord) -> LastFire {
    let time = iso(record.task_created);
    match record.result {
        FireResult::Success => LastFire::Success { task_id: record.task_id.to_string(), time },
        FireResult::Error => LastFire::Error { error: error_object(&record.error), time },
    }
}

/// An error's text is the JSON of an object, or plain text.
fn error_object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_else(|_| Map::from_iter([("message".to_owned(), text.into())]))
}
