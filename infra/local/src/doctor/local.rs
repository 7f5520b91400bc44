//! The local server's data directory, and the server that runs on it, if one does.

use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use treble_aws::dynamodb::inspect::Table;
use treble_embedded::Durability;

use super::finding::Finding;
use super::{aws, service, stuck};
use crate::admin::open_embedded;
use crate::cli::StoreChoice;
use crate::data_dir::DataDir;
use crate::master_key;
use crate::output::Failure;
use crate::queue::{FIRINGS, PULSE, Queues};

const START: &str = "start one with `treble up`, on this data directory";
const CLOCK_REMEDY: &str =
    "start the server, which fires what was missed; where one runs, its log says what it meets";

/// What is looked at, and how it is.
pub(super) async fn look(data: &Path, overdue: Duration) -> Result<Vec<Finding>, Failure> {
    let dir = DataDir::existing(data)?;
    let mut findings = vec![Finding::ok("data directory", data.display().to_string())];
    match fs::read_to_string(dir.address()) {
        Ok(root_url) => findings.extend(service::look(root_url.trim(), START).await),
        Err(_) => findings.push(Finding::wrong("service", "no server runs", START)),
    }
    findings.push(match master_key::read(StoreChoice::Embedded, &dir).await {
        Ok(_) => Finding::ok("master key", "it is there"),
        Err(error) => Finding::failed("master key", &*error, "restore it from a backup"),
    });
    // Held to the end, where no server runs.
    let (store, _lock) = match open_embedded(&dir, Durability::Fsync).await {
        Ok(opened) => opened,
        Err(error) => {
            findings.push(Finding::failed(
                "database",
                &*error,
                "stop what has it, or restore it from a backup",
            ));
            return Ok(findings);
        }
    };
    let (client, names) = store.tables();
    for (table, name) in [
        (Table::Hooks, &names.hooks),
        (Table::Fires, &names.fires),
        (Table::Auth, &names.auth),
        (Table::Gates, &names.gates),
    ] {
        findings.push(aws::table(client, name, table).await);
    }
    if dir.queues().exists() {
        findings.extend(queues(&dir, overdue).await);
    }
    findings.push(stuck::schedule(&store.hooks(), overdue, CLOCK_REMEDY).await);
    findings.push(stuck::dead_letters(&store.dead_letters()).await);
    Ok(findings)
}

/// What waits: nothing should for longer than hooks may be overdue.
async fn queues(dir: &DataDir, overdue: Duration) -> Vec<Finding> {
    let queues = match Queues::open(dir, Durability::Fsync) {
        Ok(queues) => queues,
        Err(error) => return vec![Finding::failed("queues", &error, "restore the file from a backup")],
    };
    let mut findings = Vec::new();
    for name in [FIRINGS, PULSE] {
        let check = format!("queue {name}");
        findings.push(match queues.queue(name).state().await {
            Err(error) => Finding::failed(check, &error, "restore the file from a backup"),
            Ok(state) => {
                let late = state.next.map(|next| Timestamp::now().duration_since(next));
                let is_stuck =
                    late.is_some_and(|late| Duration::try_from(late).is_ok_and(|late| late > overdue));
                let messages = state.messages;
                let finding = match late {
                    Some(late) if is_stuck => {
                        let says = format!("{messages} messages, the first to be done {}", stuck::ago(late));
                        Finding::wrong(check, says, CLOCK_REMEDY)
                    }
                    _ => Finding::ok(check, format!("{messages} messages, none of them late")),
                };
                finding.with("messages", messages).with("next", state.next.map(|next| next.to_string()))
            }
        });
    }
    findings
}
