//! `treble hooks trigger`.

use serde_json::Value;
use treble_core::hook::HookName;

use super::{connect, payload};
use crate::cli::{HooksCommon, Payload};
use crate::output::{self, Failure, Styled, plain, style};

/// Runs the command.
pub(super) async fn run(hook: &HookName, payload: &Payload, common: &HooksCommon) -> Result<(), Failure> {
    let payload = payload::read(payload)?;
    let reply = connect(common)?.trigger(hook, &payload).await?;
    if common.json {
        return output::json(&reply);
    }
    // The reference service puts the taskId into the status alone.
    let task_id = reply.get("taskId").or_else(|| reply.pointer("/status/taskId")).and_then(Value::as_str);
    output::styled(&match task_id {
        Some(task_id) => format!("{} {}", Styled(style::GOOD, "Created the task"), plain(task_id)),
        None => format!("{}: {DECLINED}", Styled(style::CHANGED, "No task")),
    });
    Ok(())
}

/// What it means that a firing was declined.
pub(super) const DECLINED: &str =
    "the template rendered to nothing, by which a hook declines to create a task";
