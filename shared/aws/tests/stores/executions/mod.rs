//! Executions of tasks: their life, what they were caused by, and how many there are, always exactly.

mod causes;
mod counts;
mod life;

use std::sync::LazyLock;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use treble_aws::dynamodb::DynamoExecutions;
use treble_core::cds::{Cause, Config, Counts, Execution, ExecutionStore, Status, WebhookRequest, hook_name};
use treble_core::firing::FiredBy;
use treble_core::hook::{HookName, StoredHook};

use crate::support::{Stores, hook, task_id};

const UUID: &str = "6c5e6e2e-0d5a-4b0f-9d3f-2d7d6a5d2a11";

fn executions(stores: &Stores) -> DynamoExecutions {
    DynamoExecutions::new(stores.client.clone(), &stores.names.fires)
}

fn task() -> HookName {
    hook_name(UUID).unwrap()
}

/// The hook that the task is, created before all that happens here.
fn task_hook() -> StoredHook {
    let created = Timestamp::now() - SignedDuration::from_secs(60);
    StoredHook { created, ..hook(&task().to_string(), &[]) }
}

/// So many nanoseconds after half a minute before the tests began.
fn moment(nanosecond: i64) -> Timestamp {
    static BEGUN: LazyLock<i64> = LazyLock::new(|| Timestamp::now().as_second() - 30);
    Timestamp::from_second(*BEGUN).unwrap() + SignedDuration::from_nanos(nanosecond)
}

fn cause(body: impl Into<Vec<u8>>) -> Cause {
    Cause::Webhook(WebhookRequest {
        query: "a=b%20c".into(),
        body: body.into(),
        headers: [("X-Github-Event".to_owned(), vec!["push".to_owned(), "ping".to_owned()])].into(),
        method: "POST".into(),
    })
}

fn execution(number: u8, created: Timestamp) -> Execution {
    let mut config = Config::default();
    config.set("project", "KEY");
    config.set("größe", "\u{0}");
    Execution {
        task: task(),
        task_id: task_id(number),
        fired_by: FiredBy::Webhook,
        created,
        status: Status::Enqueued,
        errors: 0,
        last_error: None,
        processed: None,
        run: None,
        not_before: None,
        revision: 1,
        config,
        cause: Some(cause(format!("{{\"number\": {number}}}"))),
    }
}

/// The execution as its next update would store it.
fn next(execution: &Execution, change: impl FnOnce(&mut Execution)) -> Execution {
    let mut new = execution.clone();
    new.revision += 1;
    change(&mut new);
    new
}

fn done(execution: &Execution) -> Execution {
    next(execution, |execution| {
        execution.status = Status::Done;
        execution.processed = Some(execution.created + SignedDuration::from_secs(1));
        execution.run = Some(7);
    })
}

/// Bytes that no compression makes fewer: a generator's, always the same.
fn incompressible(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| byte()).collect()
}

/// The sort keys of all of the task's items in the table of fire records.
async fn items(stores: &Stores) -> Vec<String> {
    let reply = stores.client.query().table_name(&stores.names.fires).key_condition_expression("pk = :pk");
    let reply = reply
        .expression_attribute_values(":pk", AttributeValue::S(task().to_string()))
        .projection_expression("sk")
        .into_paginator()
        .items()
        .send();
    let items = reply.collect::<Result<Vec<_>, _>>().await.unwrap();
    items.iter().map(|item| item["sk"].as_s().unwrap().clone()).collect()
}

async fn counts(store: &DynamoExecutions) -> (u64, u64) {
    let Counts { total, todo } = store.counts(&task()).await.unwrap();
    (total, todo)
}
