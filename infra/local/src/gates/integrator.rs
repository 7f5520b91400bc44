//! `treble integrator`.

use std::process::ExitCode;

use serde_json::{Value, json};
use treble_core::gate::Event;

use super::{field, text};
use crate::admin::block_on;
use crate::cli::{self, IntegratorAction, SetIntegrator};
use crate::hooks::{connect, exit, moment_of};
use crate::output::{self, Cell, Failure, Styled, Table, style};

/// Runs the command.
pub(crate) fn run(arguments: cli::Integrator) -> Result<ExitCode, Failure> {
    let cli::Integrator { action, common } = arguments;
    block_on(async move {
        let (api, json) = (connect(&common)?, common.json);
        match action {
            IntegratorAction::Set(set) => {
                let shown = api.set_integrator(&set.name, &body(&set)).await?;
                saved(&shown, "Saved", json)?;
            }
            IntegratorAction::List => list(&api.integrators().await?, json)?,
            IntegratorAction::Show { name } => show(&api.integrator(&name).await?, json)?,
            IntegratorAction::Delete { name } => {
                // The API removes one that isn't there without a word; whoever types its name wants to know.
                match api.integrator(&name).await {
                    Err(error) if !error.is_refused() => return Err(error.into()),
                    _ => api.remove_integrator(&name).await?,
                }
                if json {
                    output::json(&json!({"name": name, "deleted": true}))?;
                } else {
                    output::styled(&format!("{} {name}", Styled(style::BAD, "- deleted")));
                }
            }
            IntegratorAction::RotateSecret { name, grace } => {
                let shown = api.rotate_secret(&name, grace.as_secs()).await?;
                saved(&shown, "A new secret for", json)?;
            }
            IntegratorAction::Probe { name } => return probed(&api.probe(&name).await?, json),
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn body(set: &SetIntegrator) -> Value {
    let events = if set.all_events { &Event::ALL[..] } else { &set.events };
    let mut unique: Vec<Event> = events.to_vec();
    unique.sort_unstable();
    unique.dedup();
    let mut body = json!({
        "url": set.url.to_string(),
        "events": unique,
        "timeoutMs": u64::try_from(set.timeout.as_millis()).unwrap_or(u64::MAX),
        "failurePolicy": set.failure_policy.as_str(),
    });
    if let Some(owner) = &set.owner {
        body["owner"] = owner.as_str().into();
    }
    body
}

/// An integrator that was written, with the secret that it has got by that.
fn saved(integrator: &Value, what: &str, json: bool) -> Result<(), Failure> {
    if json {
        return output::json(integrator);
    }
    output::styled(&format!("{} {}", Styled(style::GOOD, what), output::plain(text(integrator, "name"))));
    if let Some(secret) = integrator.get("secret").and_then(Value::as_str) {
        output::styled(&format!("Its secret, shown this once: {}", output::plain(secret)));
    }
    Ok(())
}

fn list(integrators: &[Value], json: bool) -> Result<(), Failure> {
    if json {
        return output::json(&integrators);
    }
    if integrators.is_empty() {
        output::line("No integrators yet: `treble integrator set` makes one.");
        return Ok(());
    }
    let mut table = Table::new(["NAME", "URL", "EVENTS", "TIMEOUT", "POLICY", "STATE"]);
    for integrator in integrators {
        table.row([
            text(integrator, "name").into(),
            text(integrator, "url").into(),
            events(integrator).into(),
            timeout(integrator).into(),
            text(integrator, "failurePolicy").into(),
            state(integrator),
        ]);
    }
    table.print();
    Ok(())
}

fn show(integrator: &Value, json: bool) -> Result<(), Failure> {
    if json {
        return output::json(integrator);
    }
    field("integrator", text(integrator, "name"));
    field("url", text(integrator, "url"));
    field("events", &events(integrator));
    field("timeout", &timeout(integrator));
    field("failure policy", text(integrator, "failurePolicy"));
    if integrator.get("owner").is_some() {
        field("owner", text(integrator, "owner"));
    }
    field("created", &moment_of(text(integrator, "created")));
    field("updated", &moment_of(text(integrator, "updated")));
    for (number, secret) in integrator["secrets"].as_array().into_iter().flatten().enumerate() {
        let until = secret.get("expires").and_then(Value::as_str);
        let until = until.map(|until| format!(", signs until {}", moment_of(until))).unwrap_or_default();
        let made = format!("made {}{until}", moment_of(text(secret, "created")));
        field(if number == 0 { "secrets" } else { "" }, &made);
    }
    output::styled(&format!("{}  {}", Styled(style::HEADING, "state         "), state(integrator)));
    let lane = &integrator["lane"];
    for (name, key) in [("next attempt", "nextAttempt"), ("last error", "lastError")] {
        if lane.get(key).is_some() {
            field(name, &moment_of(text(lane, key)));
        }
    }
    Ok(())
}

/// Its events, or that it has all.
fn events(integrator: &Value) -> String {
    let events: Vec<&str> =
        integrator["events"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if events.len() == Event::ALL.len() { "all".to_owned() } else { events.join(", ") }
}

fn timeout(integrator: &Value) -> String {
    let timeout = integrator["timeoutMs"].as_u64().unwrap_or_default();
    if timeout.is_multiple_of(1000) { format!("{} s", timeout / 1000) } else { format!("{timeout} ms") }
}

/// Whether what it is told reaches it.
fn state(integrator: &Value) -> Cell {
    let lane = &integrator["lane"];
    match lane["failures"].as_u64().unwrap_or_default() {
        0 => Cell::new(style::GOOD, "well"),
        failures => {
            let since = moment_of(text(lane, "downSince"));
            Cell::new(style::BAD, format!("fails since {since} ({failures} times)"))
        }
    }
}

fn probed(probe: &Value, json: bool) -> Result<ExitCode, Failure> {
    let reached = probe["reached"].as_bool().unwrap_or_default();
    if json {
        output::json(probe)?;
    } else {
        let said = match probe["status"].as_u64() {
            Some(status) => format!("it answered {status}"),
            None => output::plain(text(probe, "error")),
        };
        let (style, word) = if reached { (style::GOOD, "Reached") } else { (style::BAD, "Not reached") };
        output::styled(&format!("{}: {said}, after {} ms", Styled(style, word), probe["latencyMs"]));
    }
    Ok(if reached { ExitCode::SUCCESS } else { ExitCode::from(exit::FAILED) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_an_integrator() {
        let integrator = json!({
            "events": ["pre-add-node", "post-add-node"],
            "timeoutMs": 1500,
            "lane": {"failures": 2, "downSince": "2026-11-27T10:00:00.000Z"},
        });
        assert_eq!(events(&integrator), "pre-add-node, post-add-node");
        assert_eq!(timeout(&integrator), "1500 ms");
        let state = anstream::adapter::strip_str(&state(&integrator).to_string()).to_string();
        assert_eq!(state, "fails since 2026-11-27 10:00:00 UTC (2 times)");
        assert_eq!(events(&json!({"events": Event::ALL})), "all");
        assert_eq!(timeout(&json!({"timeoutMs": 10_000})), "10 s");
    }
}
