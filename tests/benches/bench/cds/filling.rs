//! Tasks and executions, written by the million.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde_json::{Value, json};
use treble_core::cds::{Cause, NodeHook, hook_name};
use treble_core::slugid::SlugId;
use treble_tests::node_hook;

use crate::load::Deployment;
use crate::schedule::items::{hook_item, item, moment, write};

/// How many executions each task has, which are over.
pub(super) const EXECUTIONS: usize = 100;

/// `Scheduler` tasks that are due in a minute, or soon after.
pub(super) struct Tasks {
    minute: Timestamp,
}

/// The uuid of the task of a number.
pub(super) fn uuid(number: usize) -> String {
    format!("5a0f1b7e-4c1d-4e6a-9f00-{number:012}")
}

impl Tasks {
    /// Writes so many tasks; the earlier ones of them anew, as they have moved on, but for their executions.
    pub(super) fn fill(deployment: &Deployment, earlier: usize, count: usize) -> Tasks {
        let new = earlier..count;
        write(deployment, "TREBLE_FIRES_TABLE", new.clone().map(counts));
        let config = definition(0, moment(0))["cds"]["config"].to_string();
        let executions = new.flat_map(|number| (1..=EXECUTIONS).map(move |days| (number, days)));
        write(
            deployment,
            "TREBLE_FIRES_TABLE",
            executions.map(|(number, days)| execution(number, days, &config)),
        );
        let tasks = Tasks { minute: moment(0) };
        let hook = |number| {
            let due = tasks.moment(number);
            hook_item("cds", &uuid(number), &definition(number, due), Some(due), number)
        };
        write(deployment, "TREBLE_HOOKS_TABLE", (0..count).map(hook));
        tasks
    }

    /// When the task of a number is due.
    pub(super) fn moment(&self, number: usize) -> Timestamp {
        self.minute + i64::try_from(number % 59).unwrap().seconds()
    }
}

/// The definition of a task that is due each day at this time.
fn definition(number: usize, due: Timestamp) -> Value {
    let uuid = uuid(number);
    let cron = due.strftime("%-S %-M %-H * * * *").to_string();
    let node = node_hook(&uuid, "Scheduler", &json!({"cron": cron}));
    let node: NodeHook = serde_json::from_value(node).unwrap();
    let hook = node.task().unwrap().into_hook(&hook_name(&uuid).unwrap()).unwrap();
    serde_json::to_value(hook).unwrap()
}

fn counts(number: usize) -> Value {
    let mut item = item("executions", &uuid(number));
    item["taskUuid"] = json!({"S": uuid(number)});
    item["executionsTotal"] = json!({"N": EXECUTIONS.to_string()});
    item["executionsTodo"] = json!({"N": "0"});
    item
}

/// An execution so many days ago.
fn execution(number: usize, days: usize, config: &str) -> Value {
    let hours = 24 * i64::try_from(days).unwrap();
    let at = moment(number) - SignedDuration::from_hours(hours);
    let task_id = SlugId::from_bytes(*uuid::Uuid::new_v4().as_bytes());
    let mut item = item(&format!("cds/{}", uuid(number)), &format!("{at:.3}#{}", task_id.as_str()));
    let cause = serde_json::to_vec(&Cause::ScheduledTask { date_scheduled_execution: at }).unwrap();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&cause).unwrap();
    item["cause"] = json!({"B": STANDARD.encode(encoder.finish().unwrap())});
    item["taskConfig"] = json!({"S": config});
    for (name, text) in [("firedBy", "schedule"), ("executionStatus", "DONE"), ("outcome", "success")] {
        item[name] = json!({"S": text});
    }
    for (name, value) in [("revision", 3), ("errorCount", 0), ("workflowRun", days)] {
        item[name] = json!({"N": value.to_string()});
    }
    for name in ["created", "taskCreated"] {
        item[name] = json!({"S": format!("{at:.9}")});
    }
    item
}
