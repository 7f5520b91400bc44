//! A deployment on AWS, as far as the environment says what belongs to it.

use std::time::Duration;

use aws_types::SdkConfig;
use treble_aws::bus::EventBridgeBus;
use treble_aws::client::configure;
use treble_aws::dynamodb::inspect::{self, Table};
use treble_aws::dynamodb::{DynamoDeadLetters, DynamoHooks};
use treble_aws::http::HttpClient;
use treble_aws::master_key;
use treble_aws::queue::inspect as queues;
use treble_aws::settings::{
    AUTH_TABLE, CHANGES_QUEUE_URL, EVENT_BUS, FIRES_TABLE, FIRINGS_QUEUE_URL, GATES_TABLE, HOOKS_TABLE,
    MASTER_KEY_ARN, PULSE_QUEUE_URL, ROOT_URL, SINK, SinkChoice, Variable,
};
use treble_aws::sink::QueueSink;
use treble_core::ports::Sink as _;

use super::finding::Finding;
use super::{service, stuck};
use crate::environment::variables;
use crate::output::Failure;

const TABLE_REMEDY: &str = "name a table of the deployment, in its region, that these credentials may read";
const QUEUE_REMEDY: &str =
    "name a queue of the deployment, in its region, that these credentials may ask for its attributes";
const CLOCK_REMEDY: &str =
    "look at the rule that wakes `tick`, at its log, and whether it may write to the table and the queue";

/// What is looked at, and how it is.
pub(super) async fn look(overdue: Duration) -> Result<Vec<Finding>, Failure> {
    let aws = Aws { config: configure(&variables().aws()?) };
    let mut findings = match variables().optional(ROOT_URL.name) {
        Some(root_url) => service::look(&root_url, "look whether the URL leads to the API").await,
        None => vec![Finding::unset("service", ROOT_URL.name)],
    };
    for (table, variable) in [
        (Table::Hooks, HOOKS_TABLE),
        (Table::Fires, FIRES_TABLE),
        (Table::Auth, AUTH_TABLE),
        (Table::Gates, GATES_TABLE),
    ] {
        findings.push(aws.table(table, variable).await);
    }
    findings.push(aws.master_key().await);
    for (check, variable) in
        [("firings", FIRINGS_QUEUE_URL), ("pulse", PULSE_QUEUE_URL), ("changes", CHANGES_QUEUE_URL)]
    {
        findings.extend(aws.queue(check, variable).await);
    }
    findings.push(aws.sink().await);
    findings.push(aws.bus().await);
    findings.push(aws.schedule(overdue).await);
    findings.push(aws.dead_letters().await);
    Ok(findings)
}

struct Aws {
    config: SdkConfig,
}

impl Aws {
    fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config)
    }

    fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.config)
    }

    async fn table(&self, table: Table, variable: Variable) -> Finding {
        let check = format!("table {}", table.as_str());
        match variables().optional(variable.name) {
            Some(name) => self::table(&self.dynamodb(), &name, table).await,
            None => Finding::unset(check, variable.name),
        }
    }

    async fn master_key(&self) -> Finding {
        let check = "master key";
        let Some(secret) = variables().optional(MASTER_KEY_ARN.name) else {
            return Finding::unset(check, MASTER_KEY_ARN.name);
        };
        let client = aws_sdk_secretsmanager::Client::new(&self.config);
        match master_key::read(&client, &secret).await {
            Ok(_) => Finding::ok(check, format!("{secret} can be read, and is one")),
            Err(error) => Finding::failed(
                check,
                &error,
                "name the deployment's secret, which these credentials may read",
            ),
        }
    }

    /// A queue, and where it puts what it gives up.
    async fn queue(&self, name: &str, variable: Variable) -> Vec<Finding> {
        let check = format!("queue {name}");
        let Some(url) = variables().optional(variable.name) else {
            return vec![Finding::unset(check, variable.name)];
        };
        let found = match queues::inspect(&self.sqs(), &url).await {
            Ok(found) => found,
            Err(error) => return vec![Finding::failed(check, &error, QUEUE_REMEDY)],
        };
        let own = Finding::ok(check.as_str(), depth(&found));
        let own = counted(own, &found);
        let dead_check = format!("queue {name}, dead letters");
        let Some(dead) = found.dead_letters else {
            let says = "it has no dead-letter queue: what fails for good comes again until it is too old";
            return vec![own, Finding::wrong(dead_check, says, "give the queue a redrive policy")];
        };
        vec![own, self.dead_queue(dead_check, &dead).await]
    }

    async fn dead_queue(&self, check: String, name: &str) -> Finding {
        let found = async { queues::inspect(&self.sqs(), &queues::url_of(&self.sqs(), name).await?).await };
        match found.await {
            Ok(found) if found == queues::Inspection::default() => {
                counted(Finding::ok(check, "empty"), &found)
            }
            Ok(found) => {
                let remedy = format!(
                    "what reads {name} is behind or fails: look at its log; where nothing reads it, look at the messages and \
                     send them again"
                );
                counted(Finding::wrong(check, format!("{name}: {}", depth(&found)), remedy), &found)
            }
            Err(error) => Finding::failed(check, &error, QUEUE_REMEDY),
        }
    }

    async fn sink(&self) -> Finding {
        let check = "sink";
        if variables().optional(SINK.name).is_none() {
            return Finding::unset(check, SINK.name);
        }
        match variables().parsed::<SinkChoice>(SINK) {
            Ok(SinkChoice::Sqs(url)) => match queues::inspect(&self.sqs(), &url).await {
                Ok(found) => counted(Finding::ok(check, format!("{url}: {}", depth(&found))), &found),
                Err(error) => Finding::failed(check, &error, QUEUE_REMEDY),
            },
            Ok(SinkChoice::Taskcluster(root_url)) => {
                let credentials = match variables().taskcluster() {
                    Ok(credentials) => credentials,
                    Err(error) => {
                        return Finding::failed(check, &error, "set the client that tasks are created as");
                    }
                };
                match QueueSink::new(HttpClient::new(), root_url.clone(), credentials).check().await {
                    Ok(()) => Finding::ok(check, format!("the Queue at {root_url} answers")),
                    Err(error) => Finding::failed(check, &error, "look whether the deployment there is well"),
                }
            }
            Ok(SinkChoice::Journal(_)) => Finding::wrong(
                check,
                "a deployment keeps no journal",
                "use sqs:QUEUE_URL or taskcluster:ROOT_URL",
            ),
            Err(error) => Finding::failed(check, &error, SINK.what),
        }
    }

    async fn bus(&self) -> Finding {
        let check = "event bus";
        let Some(name) = variables().optional(EVENT_BUS.name) else {
            return Finding::unset(check, EVENT_BUS.name);
        };
        let bus = EventBridgeBus::new(aws_sdk_eventbridge::Client::new(&self.config), &name);
        match bus.check().await {
            Ok(()) => Finding::ok(check, format!("{name} is there")),
            Err(error) => Finding::failed(check, &*error, "name the deployment's bus, in its region"),
        }
    }

    async fn schedule(&self, overdue: Duration) -> Finding {
        match variables().optional(HOOKS_TABLE.name) {
            Some(name) => {
                stuck::schedule(&DynamoHooks::new(self.dynamodb(), name), overdue, CLOCK_REMEDY).await
            }
            None => Finding::unset("schedule", HOOKS_TABLE.name),
        }
    }

    async fn dead_letters(&self) -> Finding {
        match variables().optional(FIRES_TABLE.name) {
            Some(name) => stuck::dead_letters(&DynamoDeadLetters::new(self.dynamodb(), name)).await,
            None => Finding::unset("dead letters", FIRES_TABLE.name),
        }
    }
}

/// How a table is.
pub(super) async fn table(client: &aws_sdk_dynamodb::Client, name: &str, table: Table) -> Finding {
    let check = format!("table {}", table.as_str());
    let found = match inspect::inspect(client, name, table).await {
        Ok(found) => found,
        Err(error) => return Finding::failed(check, &error, TABLE_REMEDY),
    };
    let format =
        found.format.map_or_else(|| "no item that tells its format".into(), |v| format!("format {v}"));
    let finding = match found.problems.split_first() {
        None => Finding::ok(check, format!("{name} is {}; {format}", found.status)),
        Some(_) => {
            let says = format!("{name}: {}", found.problems.join("; "));
            Finding::wrong(
                check,
                says,
                "make the table as template.yaml does, or run the release that made it",
            )
        }
    };
    finding.with("format", found.format).with("items", found.items)
}

fn depth(found: &queues::Inspection) -> String {
    let queues::Inspection { waiting, in_flight, delayed, .. } = found;
    format!("{waiting} waiting, {in_flight} being done, {delayed} delayed")
}

fn counted(finding: Finding, found: &queues::Inspection) -> Finding {
    finding.with("waiting", found.waiting).with("inFlight", found.in_flight).with("delayed", found.delayed)
}
