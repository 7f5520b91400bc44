//! `treble hooks show`.

use jiff::Timestamp;
use serde_json::Value;

use super::{connect, list};
use crate::cli::{HooksCommon, Show};
use crate::output::{self, Failure, Styled, plain, style, yaml};

/// Runs the command.
pub(super) async fn run(arguments: &Show, common: &HooksCommon) -> Result<(), Failure> {
    let api = connect(common)?;
    let hook = api.hook(&arguments.hook).await?;
    if common.json {
        return output::json(&hook);
    }
    if arguments.yaml {
        output::line(yaml::text(&hook)?.trim_end());
        return Ok(());
    }
    let status = match api.status(&arguments.hook).await {
        Ok(status) => Some(status),
        // Who may read a definition may not always see what came of it.
        Err(error) if error.is_refused() => None,
        Err(error) => return Err(error.into()),
    };
    let text = |pointer: &str| plain(hook.pointer(pointer).and_then(Value::as_str).unwrap_or_default());
    field("hook", &arguments.hook.to_string());
    field("name", &text("/metadata/name"));
    field("description", &text("/metadata/description"));
    let silent = hook.pointer("/metadata/emailOnError") == Some(&Value::Bool(false));
    field(
        "owner",
        &format!("{}{}", text("/metadata/owner"), if silent { " (no mail on errors)" } else { "" }),
    );
    field("schedule", &plain(&list::schedule(&hook)));
    field("next", &list::next(&hook, Timestamp::now()));
    if let Some(status) = &status {
        field("last firing", &list::last_fire(Some(status)).to_string());
        if let Some(error) = status.pointer("/lastFire/error") {
            field("", &plain(&reason(error)));
        }
        for (number, refused) in status["refusedBindings"].as_array().into_iter().flatten().enumerate() {
            field(if number == 0 { "not bound" } else { "" }, &not_bound(refused));
        }
    }
    for (heading, property) in
        [("bindings", "bindings"), ("trigger schema", "triggerSchema"), ("task", "task")]
    {
        let Some(value) = hook.get(property).filter(|value| **value != Value::Array(Vec::new())) else {
            continue;
        };
        output::styled(&format!("\n{}\n{}", Styled(style::HEADING, heading), yaml::indented(value, 2)?));
    }
    Ok(())
}

fn field(name: &str, value: &str) {
    output::styled(&format!("{}  {value}", Styled(style::HEADING, format!("{name:<12}"))));
}

/// A binding that the broker refuses, why, and since when.
fn not_bound(refused: &Value) -> String {
    let text = |name: &str| plain(refused[name].as_str().unwrap_or_default());
    let since = super::moment_of(&text("since"));
    format!("{} {}: {} (since {since})", text("exchange"), text("routingKeyPattern"), text("problem"))
}

/// An error of the sink's, or of ours.
fn reason(error: &Value) -> String {
    match error.get("message").and_then(Value::as_str) {
        Some(message) => message.lines().next().unwrap_or_default().to_owned(),
        None => error.to_string(),
    }
}
