//! The dialect's methods, one file for each matter. [`ROUTES`] is the one list of them: the local server,
//! the references and the functions are made from it.

mod changes;
mod definitions;
mod fires;
mod gated;
mod groups;
mod ping;
mod tokens;
mod trigger;

use treble_core::hook::{HookName, StoredHook};

use super::error::{ApiError, Code};
use super::route::Route;
use super::service::Service;
use crate::gates;

pub use changes::{CREATE_HOOK, REMOVE_HOOK, UPDATE_HOOK};
pub use definitions::HOOK;
pub use fires::{GET_HOOK_STATUS, LIST_LAST_FIRES};
pub use groups::{LIST_HOOK_GROUPS, LIST_HOOKS};
pub use ping::{HEARTBEAT, LBHEARTBEAT, PING, VERSION};
pub use tokens::{GET_TRIGGER_TOKEN, RESET_TRIGGER_TOKEN};
pub use trigger::{TRIGGER_HOOK, TRIGGER_HOOK_WITH_TOKEN};

/// Every method, in the order of the references.
pub static ROUTES: &[&Route] = &[
    &PING,
    &LBHEARTBEAT,
    &VERSION,
    &HEARTBEAT,
    &LIST_HOOK_GROUPS,
    &LIST_HOOKS,
    &HOOK,
    &GET_HOOK_STATUS,
    &CREATE_HOOK,
    &UPDATE_HOOK,
    &REMOVE_HOOK,
    &TRIGGER_HOOK,
    &GET_TRIGGER_TOKEN,
    &RESET_TRIGGER_TOKEN,
    &TRIGGER_HOOK_WITH_TOKEN,
    &LIST_LAST_FIRES,
];

/// Every method of every service: those, and the ones that administer gates.
pub static ALL_ROUTES: &[&Route] = &{
    let mut all = [ROUTES[0]; ROUTES.len() + gates::ROUTES.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = if at < ROUTES.len() { ROUTES[at] } else { gates::ROUTES[at - ROUTES.len()] };
        at += 1;
    }
    all
};

/// The path of one hook.
const HOOK_PATH: &str = "/hooks/<hookGroupId>/<hookId>";

/// The hook of that name, or a 404 that says so.
async fn existing_hook(service: &Service, name: &HookName) -> Result<StoredHook, ApiError> {
    service.hooks.get(name).await?.ok_or_else(|| ApiError::not_found("No such hook"))
}

/// An error for a hook that is a task of CDS: it is shown like any other, and only CDS changes and fires it.
fn no_task_of_cds(hook: &StoredHook, code: Code) -> Result<(), ApiError> {
    if hook.definition.cds.is_none() {
        return Ok(());
    }
    let name = &hook.name;
    Err(ApiError::new(
        code,
        format!("Hook {name} is a task of CDS: it is changed there, and fired by what CDS says"),
    ))
}
