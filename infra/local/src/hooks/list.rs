//! `treble hooks list`.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use treble_core::hook::HookName;
use treble_core::task::iso;

use super::api::{Api, ApiError};
use super::definition::Definition;
use super::work::in_order;
use super::{connect, moment, moment_of};
use crate::cli::{HooksCommon, List};
use crate::output::{self, Cell, Failure, Table, style};

/// Runs the command.
pub(super) async fn run(arguments: &List, common: &HooksCommon) -> Result<(), Failure> {
    let api = Arc::new(connect(common)?);
    let mut hooks = match &arguments.group {
        Some(group) => api.hooks(group).await?,
        None => all(&api).await?,
    };
    if arguments.status {
        hooks = with_status(&api, hooks).await?;
    }
    if common.json {
        return output::json(&hooks);
    }
    if hooks.is_empty() {
        output::line("No hooks yet: `treble hooks apply FILE` makes some.");
        return Ok(());
    }
    print(&hooks, arguments.status);
    Ok(())
}

/// The hooks of all groups.
async fn all(api: &Arc<Api>) -> Result<Vec<Value>, Failure> {
    let mut found = Vec::new();
    let work = |group: String| {
        let api = Arc::clone(api);
        async move { api.hooks(&group).await }
    };
    in_order("listing", api.groups().await?, work, |hooks| found.push(hooks)).await?;
    let mut all = Vec::new();
    for hooks in found {
        match hooks {
            // It lost its last hook meanwhile.
            Err(error) if error.is_not_found() => {}
            hooks => all.extend(hooks?),
        }
    }
    Ok(all)
}

/// Each hook with its status as a property, where it can be had.
async fn with_status(api: &Arc<Api>, hooks: Vec<Value>) -> Result<Vec<Value>, Failure> {
    let mut found: Vec<Result<Value, ApiError>> = Vec::new();
    let work = |mut hook: Value| {
        let api = Arc::clone(api);
        async move {
            if let Some(name) = name_of(&hook) {
                let status = api.status(&name).await;
                match status {
                    Err(error) if error.is_not_found() => {}
                    status => hook["status"] = status?,
                }
            }
            Ok(hook)
        }
    };
    in_order("asking", hooks, work, |hook| found.push(hook)).await?;
    Ok(found.into_iter().collect::<Result<_, _>>()?)
}

fn print(hooks: &[Value], status: bool) {
    let now = Timestamp::now();
    let mut table = match status {
        true => Table::new(["HOOK", "SCHEDULE", "NEXT", "LAST FIRING", "NAME"]),
        false => Table::new(["HOOK", "SCHEDULE", "NEXT", "NAME"]),
    };
    for hook in hooks {
        let text = |pointer: &str| hook.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let name = Cell::from(format!("{}/{}", text("/hookGroupId"), text("/hookId")));
        let (schedule, next) = (schedule(hook).into(), next(hook, now).into());
        let title = text("/metadata/name").into();
        match status {
            true => table.row([name, schedule, next, last_fire(hook.get("status")), title]),
            false => table.row([name, schedule, next, title]),
        }
    }
    table.print();
}

fn name_of(hook: &Value) -> Option<HookName> {
    HookName::new(hook.get("hookGroupId")?.as_str()?, hook.get("hookId")?.as_str()?).ok()
}

/// The patterns.
pub(super) fn schedule(hook: &Value) -> String {
    let patterns = hook.get("schedule").and_then(Value::as_array);
    let patterns: Vec<&str> = patterns.into_iter().flatten().filter_map(Value::as_str).collect();
    if patterns.is_empty() { "-".to_owned() } else { patterns.join(", ") }
}

/// The next moment of the schedule, as we read it; the reference service reads some patterns that we don't.
pub(super) fn next(hook: &Value, now: Timestamp) -> String {
    let hook = name_of(hook).and_then(|name| Definition::stored(&name, hook).hook().ok());
    match hook.map(|hook| hook.parse_stored_schedule()) {
        Some(Ok(schedule)) => schedule.next_after(now).map_or_else(|| "-".to_owned(), moment),
        Some(Err(_)) | None => "?".to_owned(),
    }
}

/// What came of the last firing, in a few words.
pub(super) fn last_fire(status: Option<&Value>) -> Cell {
    let fire = status.and_then(|status| status.get("lastFire"));
    let text = |key: &str| fire.and_then(|fire| fire.get(key)).and_then(Value::as_str).unwrap_or_default();
    match text("result") {
        "success" => Cell::new(style::GOOD, format!("success {}", moment_of(text("time")))),
        "error" => Cell::new(style::BAD, format!("error {}", moment_of(text("time")))),
        _ => Cell::new(style::DIM, "never"),
    }
}

/// A moment as the API writes it.
pub(super) fn written(moment: Timestamp) -> Value {
    iso(moment).into()
}
