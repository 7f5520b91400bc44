//! `treble hooks delete`.

use std::process::ExitCode;
use std::sync::Arc;

use serde_json::json;
use treble_core::hook::HookName;

use super::api::{Api, ApiError};
use super::work::in_order;
use super::{connect, exit};
use crate::cli::HooksCommon;
use crate::output::{self, Failure, Styled, chain, style};

/// Runs the command.
pub(super) async fn run(hooks: Vec<HookName>, common: &HooksCommon) -> Result<ExitCode, Failure> {
    let api = Arc::new(connect(common)?);
    let work = |name: HookName| delete(Arc::clone(&api), name);
    let mut outcomes = Vec::new();
    in_order("deleting", hooks, work, |(name, result)| {
        if !common.json {
            output::styled(&line(&name, &result));
        }
        outcomes.push((name, result));
    })
    .await?;
    if common.json {
        let shown = outcomes.iter().map(|(name, result)| {
            let error = result.as_ref().err().map(|error| chain(error));
            json!({"hookGroupId": name.group(), "hookId": name.id(), "deleted": error.is_none(), "error": error})
        });
        output::json(&shown.collect::<Vec<_>>())?;
    }
    let errors: Vec<&ApiError> = outcomes.iter().filter_map(|(_, result)| result.as_ref().err()).collect();
    Ok(if errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(exit::of_all(errors)) })
}

/// The API removes a hook that isn't there without a word; whoever types its name wants to know.
async fn delete(api: Arc<Api>, name: HookName) -> (HookName, Result<(), ApiError>) {
    let result = match api.hook(&name).await {
        // Who may remove it may not always read it.
        Err(error) if !error.is_refused() => Err(error),
        _ => api.remove(&name).await,
    };
    (name, result)
}

fn line(name: &HookName, result: &Result<(), ApiError>) -> String {
    match result {
        Ok(()) => format!("{} {name}", Styled(style::BAD, "- deleted")),
        Err(error) => format!("{} {name}: {}", Styled(style::BAD, "! failed"), chain(error)),
    }
}
