//! `treble hooks render`: what a firing would do, by the engine's own code.

use std::process::ExitCode;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use treble_core::firing::{FiredBy, Firing};
use treble_core::schema::{Violation, listed};
use treble_core::slugid::SlugId;
use treble_core::task::fill_defaults;
use treble_core::template;
use treble_core::trigger_schema::TriggerSchema;

use super::definition::Definition;
use super::trigger::DECLINED;
use super::{exit, payload, which};
use crate::cli::{HooksCommon, Render};
use crate::output::{self, Failure, Styled, plain, style, yaml};

/// Runs the command.
pub(super) async fn run(arguments: Render, common: &HooksCommon) -> Result<ExitCode, Failure> {
    let fired_by = FiredBy::from(arguments.fired_by);
    if fired_by == FiredBy::Schedule && arguments.payload.is_given() {
        return Err(exit::Usage("a schedule fires without a payload".to_owned()).into());
    }
    let payload = payload::read(&arguments.payload)?;
    let definition = which::find(&arguments.which, common).await?;
    let rendering = render(&definition, fired_by, payload, &arguments)?;
    if common.json {
        output::json(&rendering)?;
    } else {
        rendering.print()?;
    }
    Ok(if rendering.is_good() { ExitCode::SUCCESS } else { ExitCode::from(exit::FAILED) })
}

/// What a firing would come to.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rendering {
    /// What the trigger schema says; absent where it isn't asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<Verdict>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    violations: Vec<String>,
    /// With the schema's defaults.
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_id: Option<SlugId>,
    /// Whether the template rendered to nothing.
    declined: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<Value>,
    /// Why the template gave none.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Accepted,
    Refused,
}

fn render(
    definition: &Definition,
    fired_by: FiredBy,
    payload: Value,
    arguments: &Render,
) -> Result<Rendering, Failure> {
    let hook = definition.hook()?;
    let mut rendering = Rendering::default();
    let payload = match fired_by {
        FiredBy::Schedule => None,
        FiredBy::TriggerHook | FiredBy::TriggerHookWithToken | FiredBy::PulseMessage | FiredBy::Webhook => {
            match TriggerSchema::compile(&hook.trigger_schema)?.apply(payload) {
                Ok(payload) => Some(payload),
                Err(violations) => {
                    let line = |violation: &Violation| {
                        listed(std::slice::from_ref(violation)).trim_start_matches([' ', '*']).to_owned()
                    };
                    rendering.verdict = Some(Verdict::Refused);
                    rendering.violations = violations.iter().map(line).collect();
                    return Ok(rendering);
                }
            }
            .inspect(|_| rendering.verdict = Some(Verdict::Accepted))
        }
    };
    let firing = Firing {
        task_id: task_id(arguments, payload.as_ref())?,
        hook: definition.name.clone(),
        fired_by,
        payload,
        client_id: (fired_by == FiredBy::TriggerHook).then(|| arguments.client_id.clone()),
        created: arguments.now.unwrap_or_else(Timestamp::now),
        trace: None,
    };
    let rendered = template::compile(&hook.task).and_then(|task| template::render(&task, &firing));
    match rendered {
        Ok(Some(mut task)) => {
            fill_defaults(&mut task, &firing);
            rendering.task = Some(Value::Object(task));
            rendering.task_id = Some(firing.task_id);
        }
        Ok(None) => rendering.declined = true,
        Err(error) => rendering.error = Some(error.to_string()),
    }
    rendering.payload = firing.payload;
    Ok(rendering)
}

/// The one asked for, the payload's own, as a trigger would take it, or a random one.
fn task_id(arguments: &Render, payload: Option<&Value>) -> Result<SlugId, Failure> {
    let chosen = || payload?.get("taskId")?.as_str()?.parse().ok();
    if let Some(task_id) = arguments.task_id.clone().or_else(chosen) {
        return Ok(task_id);
    }
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(SlugId::from_bytes(bytes))
}

impl Rendering {
    fn is_good(&self) -> bool {
        self.verdict != Some(Verdict::Refused) && self.error.is_none()
    }

    fn print(&self) -> Result<(), Failure> {
        match self.verdict {
            Some(Verdict::Accepted) => heading("trigger schema", style::GOOD, "accepts the payload"),
            Some(Verdict::Refused) => {
                heading("trigger schema", style::BAD, "refuses the payload: nothing would be fired");
                self.violations.iter().for_each(|violation| output::line(&format!("  {}", plain(violation))));
            }
            None => {}
        }
        if let Some(payload) = &self.payload {
            heading("payload", style::HEADING, "");
            output::line(&yaml::indented(payload, 2)?);
        }
        if let (Some(task_id), Some(task)) = (&self.task_id, &self.task) {
            heading("task", style::HEADING, task_id.as_str());
            output::line(&yaml::indented(task, 2)?);
        }
        if self.declined {
            heading("task", style::CHANGED, &format!("none: {DECLINED}"));
        }
        if let Some(error) = &self.error {
            heading("task", style::BAD, &format!("none: the firing would fail: {}", plain(error)));
        }
        Ok(())
    }
}

fn heading(what: &str, style: anstyle::Style, text: &str) {
    let what = Styled(style::HEADING, what);
    output::styled(&if text.is_empty() {
        what.to_string()
    } else {
        format!("{what} {}", Styled(style, text))
    });
}
