//! The floor: the calls that an operation of the service makes, made by the bare SDK.
//!
//! This program starts itself once more as `bench floor OPERATION WORKERS`, reads the calls from its standard input, and makes
//! them as often as each further line says: `COUNT CONCURRENCY`. It answers each line with one.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_dynamodb::types::{
    AttributeValue, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use serde_json::{Value, json};
use tokio::runtime::Builder;
use treble_aws::client::{AwsSettings, configure};

use crate::load::Deployment;
use crate::operation::Operation;

type Item = HashMap<String, AttributeValue>;

/// A floor in a process of its own; killed when dropped.
pub(crate) struct Floor {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Floor {
    /// Starts it with the calls that the emulator saw last, and with so many threads as what it is compared to.
    pub(crate) fn start(operation: Operation, deployment: &Deployment, workers: usize) -> Floor {
        let last = |&call: &&str| (call.to_owned(), deployment.emulator.last(call));
        let calls: Value = operation.calls().iter().map(last).collect();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["floor", operation.name(), &workers.to_string()])
            .envs(deployment.environment(&deployment.endpoint))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        writeln!(input, "{calls}").unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Floor { child, input, output }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Makes the calls so many times, so many of them at once.
    pub(crate) fn run(&mut self, count: u32, concurrency: u32) {
        writeln!(self.input, "{count} {concurrency}").unwrap();
        let mut done = String::new();
        self.output.read_line(&mut done).unwrap();
        assert_eq!(done, "done\n");
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// The process's side.
pub(crate) fn main(operation: &str, workers: usize) {
    let mut lines = std::io::stdin().lines().map(Result::unwrap);
    let mut builder = match workers {
        1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    let runtime = builder.worker_threads(workers).enable_all().build().unwrap();
    let calls = Arc::new(Calls::new(serde_json::from_str(&lines.next().unwrap()).unwrap()));
    let operation = Operation::named(operation);
    for line in lines {
        let (count, concurrency) = line.split_once(' ').unwrap();
        let (count, concurrency): (u32, u32) = (count.parse().unwrap(), concurrency.parse().unwrap());
        let left = Arc::new(AtomicU32::new(count));
        let run = async {
            let workers = (0..concurrency).map(|_| {
                let (calls, left) = (calls.clone(), left.clone());
                tokio::spawn(async move {
                    while left
                        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
                        .is_ok()
                    {
                        calls.make(operation).await;
                    }
                })
            });
            for worker in workers.collect::<Vec<_>>() {
                worker.await.unwrap();
            }
        };
        runtime.block_on(run);
        println!("done");
    }
}

/// The calls, ready to be made.
struct Calls {
    dynamodb: aws_sdk_dynamodb::Client,
    sqs: aws_sdk_sqs::Client,
    calls: Value,
    key: Item,
    record: Item,
    hook: Item,
    made: AtomicU32,
}

impl Calls {
    fn new(calls: Value) -> Calls {
        let variable = |name: &str| std::env::var(name).unwrap();
        let config = configure(&AwsSettings {
            region: variable("AWS_REGION"),
            access_key_id: variable("AWS_ACCESS_KEY_ID"),
            secret_access_key: variable("AWS_SECRET_ACCESS_KEY"),
            session_token: None,
            endpoint_url: Some(variable("AWS_ENDPOINT_URL")),
        });
        Calls {
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            key: item(&calls["GetItem"]["Key"]),
            record: item(&calls["PutItem"]["Item"]),
            hook: item(&calls["TransactWriteItems"]["TransactItems"][0]["Put"]["Item"]),
            calls,
            made: AtomicU32::new(0),
        }
    }

    async fn make(&self, operation: Operation) {
        match operation {
            Operation::Get => self.get_item().await,
            Operation::Trigger => {
                self.get_item().await;
                self.send_message().await;
                self.put_item().await;
            }
            Operation::Create => self.transact_write_items().await,
        }
    }

    async fn get_item(&self) {
        let table = text(&self.calls["GetItem"]["TableName"]);
        let call = self.dynamodb.get_item().table_name(table).set_key(Some(self.key.clone()));
        call.consistent_read(true).send().await.unwrap().item.unwrap();
    }

    async fn send_message(&self) {
        let message = &self.calls["SendMessage"];
        let call = self.sqs.send_message().queue_url(text(&message["QueueUrl"]));
        let call = call.message_group_id(text(&message["MessageGroupId"]));
        call.message_body(text(&message["MessageBody"])).send().await.unwrap();
    }

    async fn put_item(&self) {
        let call = &self.calls["PutItem"];
        let put = self.dynamodb.put_item().table_name(text(&call["TableName"]));
        put.set_item(Some(self.distinct(&self.record)))
            .condition_expression(text(&call["ConditionExpression"]))
            .set_expression_attribute_values(Some(item(&call["ExpressionAttributeValues"])))
            .send()
            .await
            .unwrap();
    }

    async fn transact_write_items(&self) {
        let items = &self.calls["TransactWriteItems"]["TransactItems"];
        let (put, update) = (&items[0]["Put"], &items[1]["Update"]);
        let hook = Put::builder()
            .table_name(text(&put["TableName"]))
            .set_item(Some(self.distinct(&self.hook)))
            .condition_expression(text(&put["ConditionExpression"]))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let group = Update::builder()
            .table_name(text(&update["TableName"]))
            .set_key(Some(item(&update["Key"])))
            .update_expression(text(&update["UpdateExpression"]))
            .set_expression_attribute_values(Some(item(&update["ExpressionAttributeValues"])));
        let write = |write: aws_sdk_dynamodb::types::builders::TransactWriteItemBuilder| write.build();
        self.dynamodb
            .transact_write_items()
            .transact_items(write(TransactWriteItem::builder().put(hook.build().unwrap())))
            .transact_items(write(TransactWriteItem::builder().update(group.build().unwrap())))
            .send()
            .await
            .unwrap();
    }

    /// The item under a key that no other has.
    fn distinct(&self, item: &Item) -> Item {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let mut item = item.clone();
        let key = item.get_mut("sk").unwrap();
        *key = AttributeValue::S(format!("{}-{number}", key.as_s().unwrap()));
        item
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} should be a text"))
}

fn item(value: &Value) -> Item {
    let attribute = |value: &Value| match value.as_object().and_then(|value| value.iter().next()) {
        Some((kind, value)) if kind == "S" => AttributeValue::S(text(value).to_owned()),
        Some((kind, value)) if kind == "N" => AttributeValue::N(text(value).to_owned()),
        _ => panic!("an attribute of another kind: {}", json!(value)),
    };
    let members = value.as_object().into_iter().flatten();
    members.map(|(name, value)| (name.clone(), attribute(value))).collect()
}
