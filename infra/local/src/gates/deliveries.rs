//! `treble deliveries`.

use std::process::ExitCode;

use anstyle::Style;
use serde_json::{Value, json};

use super::{field, text};
use crate::admin::block_on;
use crate::cli::{self, DeliveriesAction};
use crate::hooks::{connect, moment_of};
use crate::output::{self, Cell, Failure, Styled, Table, style};

/// Runs the command.
pub(crate) fn run(arguments: cli::Deliveries) -> Result<ExitCode, Failure> {
    let cli::Deliveries { action, common } = arguments;
    block_on(async move {
        let (api, json) = (connect(&common)?, common.json);
        match action {
            DeliveriesAction::List(which) => {
                let status = which.status.map(cli::Status::as_str);
                list(&api.deliveries(&which.integrator, status, which.since, which.limit).await?, json)?;
            }
            DeliveriesAction::Show(which) => show(&api.delivery(&which.integrator, &which.id).await?, json)?,
            DeliveriesAction::Resend(which) => {
                let delivery = api.resend(&which.integrator, &which.id).await?;
                if json {
                    output::json(&delivery)?;
                } else {
                    output::styled(&format!("{} {}", Styled(style::GOOD, "Waits again:"), which.id));
                }
            }
            DeliveriesAction::Recover { integrator, since } => {
                let recovered = api.recover(&integrator, since).await?;
                if json {
                    output::json(&json!({"recovered": recovered}))?;
                } else {
                    output::line(&match recovered {
                        0 => format!("There was nothing dead of {integrator} since {since}."),
                        1 => format!("1 delivery to {integrator} waits again."),
                        many => format!("{many} deliveries to {integrator} wait again."),
                    });
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn list(deliveries: &[Value], json: bool) -> Result<(), Failure> {
    if json {
        return output::json(&deliveries);
    }
    if deliveries.is_empty() {
        output::line("There are no such deliveries.");
        return Ok(());
    }
    let mut table = Table::new(["ID", "CREATED", "EVENT", "STATUS", "ATTEMPTS", "ERROR"]);
    for delivery in deliveries {
        table.row([
            text(delivery, "deliveryId").into(),
            moment_of(text(delivery, "created")).into(),
            text(delivery, "event").into(),
            Cell::new(style_of(delivery), text(delivery, "status")),
            delivery["attemptCount"].to_string().into(),
            text(delivery, "lastError").into(),
        ]);
    }
    table.print();
    Ok(())
}

fn style_of(delivery: &Value) -> Style {
    match text(delivery, "status") {
        "delivered" => style::GOOD,
        "dead" => style::BAD,
        _ => style::CHANGED,
    }
}

fn show(delivery: &Value, json: bool) -> Result<(), Failure> {
    if json {
        return output::json(delivery);
    }
    field("delivery", text(delivery, "deliveryId"));
    field("integrator", text(delivery, "integrator"));
    field("event", text(delivery, "event"));
    field("created", &moment_of(text(delivery, "created")));
    field("status", text(delivery, "status"));
    if text(delivery, "status") == "waiting" {
        field("retried until", &moment_of(text(delivery, "retryUntil")));
    }
    if delivery.get("lastError").is_some() {
        field("last error", text(delivery, "lastError"));
    }
    output::styled(&format!("\n{}\n{:#}", Styled(style::HEADING, "body"), delivery["body"]));
    let attempts = delivery["attempts"].as_array().map(Vec::as_slice).unwrap_or_default();
    if attempts.is_empty() {
        return Ok(());
    }
    output::line("");
    let mut table = Table::new(["ATTEMPT", "TOOK", "STATUS", "ERROR", "REPLY"]);
    for attempt in attempts {
        table.row([
            moment_of(text(attempt, "at")).into(),
            format!("{} ms", attempt["latencyMs"]).into(),
            attempt.get("status").map_or_else(|| "-".to_owned(), Value::to_string).into(),
            text(attempt, "error").into(),
            text(attempt, "reply").into(),
        ]);
    }
    table.print();
    Ok(())
}
