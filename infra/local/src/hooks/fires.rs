//! `treble hooks fires`.

use serde_json::Value;
use treble_core::hook::HookName;

use super::{connect, moment_of};
use crate::cli::HooksCommon;
use crate::output::{self, Cell, Failure, Table, style};

/// Runs the command.
pub(super) async fn run(hook: &HookName, limit: u32, common: &HooksCommon) -> Result<(), Failure> {
    let fires = connect(common)?.last_fires(hook, limit).await?;
    if common.json {
        return output::json(&fires);
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
