//! `treble hooks fires`.

use serde_json::Value;
use treble_core::hook::HookName;

use super::{connect, moment_of};
use crate::cli::HooksCommon;
use crate::output::{self, Cell, Failure, Table, style};

/// Runs the command.
pub(super) async fn run(hook: &HookName, limit: u32, common: &HooksCommon) -> Result<(), Failure> {
    let api = connect(common)?;
    let mut fires = match api.last_fires(hook, limit).await {
        // So it is answered as well for a hook that never fired.
        Err(error) if error.is_not_found() && api.hook(hook).await.is_ok() => Vec::new(),
        fires => fires?,
    };
    // Not every service counts.
    fires.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    if common.json {
        return output::json(&fires);
    }
    if fires.is_empty() {
        output::line(&format!("{hook} has not fired yet."));
        return Ok(());
    }
    let mut table = Table::new(["TIME", "RESULT", "TASK", "FIRED BY", "ERROR"]);
    for fire in &fires {
        let text = |key: &str| fire.get(key).and_then(Value::as_str).unwrap_or_default();
        let result = text("result");
        table.row([
            moment_of(text("taskCreateTime")).into(),
            Cell::new(if result == "success" { style::GOOD } else { style::BAD }, result),
            text("taskId").into(),
            text("firedBy").into(),
            reason(text("error")).into(),
        ]);
    }
    table.print();
    Ok(())
}

/// The first line of an error, which is the JSON of what the sink said, or plain text.
fn reason(error: &str) -> String {
    let said: Option<Value> = serde_json::from_str(error).ok();
    let message = said.as_ref().and_then(|said| said.get("message")).and_then(Value::as_str);
    message.unwrap_or(error).lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_an_error_is_told() {
        assert_eq!(reason(r#"{"code": "InputError", "message": "no\nsuch queue"}"#), "no");
        assert_eq!(reason("InterpreterError: x\nat y"), "InterpreterError: x");
        assert_eq!(reason(""), "");
    }
}
