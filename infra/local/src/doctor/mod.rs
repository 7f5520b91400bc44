//! `treble doctor`: whether a deployment, or the local server, is well; what isn't, and what would be right.
//!
//! - `aws` looks at what a deployment is made of, as the environment names it; `local` at a data directory.
//! - `service` asks the API itself; `stuck` looks for hooks that should have fired, and for what was given up.
//! - `finding` is what each of them says.
//!
//! Nothing is changed, but that reading a dead-letter queue's depth is a call that SQS bills.

mod aws;
mod finding;
mod local;
mod service;
mod stuck;

use std::process::ExitCode;

use serde::Serialize;

use crate::admin::block_on;
use crate::cli::{self, StoreChoice};
use crate::output::{self, Cell, Failure, Table, style};
use finding::{Finding, State};

/// What is said of all of it.
#[derive(Serialize)]
struct Report<'a> {
    /// This program's version.
    version: &'static str,
    /// Whether nothing is wrong.
    healthy: bool,
    findings: &'a [Finding],
}

/// Runs the command: 0 where nothing is wrong, 1 where something is.
pub(crate) fn run(arguments: cli::Doctor) -> Result<ExitCode, Failure> {
    block_on(async move {
        let mut findings = vec![Finding::ok("program", format!("treble {}", env!("CARGO_PKG_VERSION")))];
        findings.extend(match arguments.place.store {
            StoreChoice::Aws => aws::look(arguments.overdue).await?,
            StoreChoice::Embedded => local::look(&arguments.place.data, arguments.overdue).await?,
        });
        let healthy = findings.iter().all(|finding| finding.state != State::Wrong);
        if arguments.json {
            output::json(&Report { version: env!("CARGO_PKG_VERSION"), healthy, findings: &findings })?;
        } else {
            show(&findings);
        }
        Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}

fn show(findings: &[Finding]) {
    let mut table = Table::new(["CHECK", "STATE", "WHAT"]);
    for finding in findings {
        let style = match finding.state {
            State::Ok => style::GOOD,
            State::Unchecked => style::DIM,
            State::Wrong => style::BAD,
        };
        table.row([
            (&finding.check).into(),
            Cell::new(style, finding.state.as_str()),
            (&finding.says).into(),
        ]);
    }
    table.print();
    let remedies = findings.iter().filter(|finding| finding.state == State::Wrong);
    for finding in remedies {
        let remedy = finding.remedy.as_deref().unwrap_or(&finding.says);
        output::styled(&format!(
            "{} {}",
            Cell::new(style::BAD, format!("{}:", finding.check)),
            output::plain(remedy)
        ));
    }
}
