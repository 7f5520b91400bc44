//! Nothing is lost while the bridge is killed and the broker restarted, and no task is created twice.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message};
use futures_util::future::join_all;
use jiff::Timestamp;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use serde_json::json;
use treble_aws::client::{AwsSettings, configure};
use treble_aws::dynamodb::{DynamoFires, DynamoHooks, TableNames, create_tables};
use treble_core::hook::HookName;
use treble_core::ports::{DelayedFiring, FiringQueue, HookStore as _, QueueError};
use treble_core::pulse::{Dispatcher, PulseMessage};
use treble_core::secret::MasterKey;
use treble_core::slugid::SlugId;
use treble_tests::{BridgeProcess, RabbitMq};

use super::broker::User;
use super::eventually;
use super::world::hook;

/// How many messages there are; every other one is for `g/some` too.
const MESSAGES: usize = 10_000;
const FIRINGS: usize = MESSAGES + MESSAGES / 2;
const KILLS: usize = 10;
const RESTARTS: usize = 2;
/// So many messages are published before the broker's confirmations are awaited.
const PUBLISHED_AT_ONCE: usize = 250;
const RECEIVERS: usize = 4;

/// Each task, with its hook and its message's number, and how many firings it came of.
#[derive(Default)]
struct Firings {
    tasks: Mutex<HashMap<SlugId, (HookName, u64)>>,
    sent: AtomicUsize,
}

#[async_trait]
impl FiringQueue for Firings {
    async fn send(&self, firings: &[DelayedFiring]) -> Vec<Result<(), QueueError>> {
        let mut tasks = self.tasks.lock().unwrap();
        let mut take = |delayed: &DelayedFiring| {
            let firing = &delayed.firing;
            let number = firing.payload.as_ref().unwrap()["number"].as_u64().unwrap();
            let fired = (firing.hook.clone(), number);
            let known = tasks.entry(firing.task_id.clone()).or_insert_with(|| fired.clone());
            assert_eq!(*known, fired, "one task for two reasons");
            self.sent.fetch_add(1, Ordering::Relaxed);
            Ok(())
        };
        firings.iter().map(&mut take).collect()
    }
}

impl Firings {
    fn tasks(&self) -> usize {
        self.tasks.lock().unwrap().len()
    }
}

/// What the bridge and the hooks are on.
struct Site {
    sqs: aws_sdk_sqs::Client,
    queue: String,
    hooks: Arc<DynamoHooks>,
    dispatcher: Dispatcher,
    firings: Arc<Firings>,
    environment: Vec<(String, String)>,
}

impl Site {
    async fn new(endpoint: String, broker: &RabbitMq) -> Site {
        let aws = configure(&AwsSettings {
            region: "us-east-1".into(),
            access_key_id: "test".into(),
            secret_access_key: "test".into(),
            session_token: None,
            endpoint_url: Some(endpoint.clone()),
        });
        let (dynamodb, sqs) = (aws_sdk_dynamodb::Client::new(&aws), aws_sdk_sqs::Client::new(&aws));
        let tables = TableNames::with_prefix(&format!("p{}", std::process::id()));
        create_tables(&dynamodb, &tables).await.unwrap();
        let created = sqs.create_queue().queue_name(format!("p{}", std::process::id())).send().await.unwrap();
        let queue = created.queue_url().unwrap().to_owned();
        let hooks = Arc::new(DynamoHooks::new(dynamodb.clone(), &tables.hooks));
        let fires = Arc::new(DynamoFires::new(dynamodb, &tables.fires));
        let firings = Arc::new(Firings::default());
        let key = MasterKey::new([7; 32]);
        let variables = [
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_ENDPOINT_URL", &endpoint),
            ("TREBLE_HOOKS_TABLE", &tables.hooks),
            ("TREBLE_PULSE_QUEUE_URL", &queue),
            ("TREBLE_AMQP_URL", &broker.url()),
        ];
        Site {
            environment: variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            sqs,
            queue,
            dispatcher: Dispatcher::new(hooks.clone(), hooks.clone(), fires, firings.clone(), key),
            hooks,
            firings,
        }
    }

    /// Receives messages and fires hooks from them, until all tasks there are to be are there.
    async fn fire(&self) {
        while self.firings.tasks() < FIRINGS {
            let received = self
                .sqs
                .receive_message()
                .queue_url(&self.queue)
                .max_number_of_messages(10)
                .wait_time_seconds(1);
            let received = received.send().await.unwrap();
            let messages: Vec<PulseMessage> = received
                .messages()
                .iter()
                .map(|message| serde_json::from_str(message.body().unwrap()).unwrap())
                .collect();
            for result in self.dispatcher.dispatch(&messages, Timestamp::now()).await {
                result.unwrap();
            }
            self.delete(received.messages()).await;
        }
    }

    async fn delete(&self, messages: &[Message]) {
        let mut request = self.sqs.delete_message_batch().queue_url(&self.queue);
        for (number, message) in messages.iter().enumerate() {
            let entry = DeleteMessageBatchRequestEntry::builder().id(number.to_string());
            let receipt = message.receipt_handle().unwrap();
            request = request.entries(entry.receipt_handle(receipt).build().unwrap());
        }
        if !messages.is_empty() {
            request.send().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_message_is_lost_and_no_task_created_twice() {
    // Without an SQS there is none to compare with.
    let Ok(endpoint) = std::env::var("AWS_ENDPOINT_URL") else { return };
    let mut broker = tokio::task::spawn_blocking(RabbitMq::start).await.unwrap();
    User::of(&broker).await.declare("e").await;
    let site = Arc::new(Site::new(endpoint, &broker).await);
    for (name, bindings) in [
        ("g/all", &[("e", "#"), ("e", "some.*")][..]),
        ("g/some", &[("e", "some.#")]),
        ("g/none", &[("e", "none")]),
    ] {
        site.hooks.create(&hook(&name.parse().unwrap(), bindings)).await.unwrap();
    }
    let mut bridge = BridgeProcess::start(&site.environment);
    tokio::task::block_in_place(|| bridge.wait());

    let publishing = tokio::spawn(publish(broker.url()));
    let receiving: Vec<_> = (0..RECEIVERS)
        .map(|_| {
            let site = Arc::clone(&site);
            tokio::spawn(async move { site.fire().await })
        })
        .collect();
    for step in 0..KILLS + RESTARTS {
        let enough = FIRINGS * (step + 1) / (KILLS + RESTARTS + 2);
        eventually("tasks", async || (site.firings.tasks() >= enough).then_some(())).await;
        tokio::task::block_in_place(|| {
            if step % 5 == 3 {
                broker.restart();
            } else {
                bridge.kill();
                bridge = BridgeProcess::start(&site.environment);
            }
        });
    }
    publishing.await.unwrap();
    for receiver in receiving {
        receiver.await.unwrap();
    }
    let exit = tokio::task::block_in_place(|| {
        bridge.wait();
        bridge.terminate()
    });
    assert!(exit.status.success(), "{}", exit.printed);
    let tasks = site.firings.tasks.lock().unwrap();
    assert_eq!(tasks.len(), FIRINGS);
    for (name, count) in [("g/all", MESSAGES), ("g/some", MESSAGES / 2)] {
        let mut numbers: Vec<u64> =
            tasks.values().filter(|(hook, _)| hook.to_string() == name).map(|(_, number)| *number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), count, "{name} fires once from each message");
    }
}

/// Publishes all messages; what the broker has not confirmed is published again.
async fn publish(url: String) {
    let mut channel: Option<(Connection, Channel)> = None;
    let mut next = 0;
    while next < MESSAGES {
        if channel.is_none() {
            channel = connect(&url).await;
        }
        let Some((_, open)) = &channel else {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            continue;
        };
        let chunk = next..MESSAGES.min(next + PUBLISHED_AT_ONCE);
        let confirmed = join_all(chunk.clone().map(|number| publish_one(open, number))).await;
        if confirmed.iter().all(|confirmed| *confirmed) {
            next = chunk.end;
        } else {
            channel = None;
        }
    }
}

async fn connect(url: &str) -> Option<(Connection, Channel)> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await.ok()?;
    let channel = connection.create_channel().await.ok()?;
    channel.confirm_select(ConfirmSelectOptions::default()).await.ok()?;
    Some((connection, channel))
}

async fn publish_one(channel: &Channel, number: usize) -> bool {
    let key = if number.is_multiple_of(2) { format!("some.{number}") } else { format!("other.{number}") };
    let properties =
        BasicProperties::default().with_delivery_mode(2).with_message_id(format!("m{number}").into());
    let body = json!({"number": number}).to_string();
    let options = BasicPublishOptions::default();
    match channel.basic_publish("e".into(), key.into(), options, body.as_bytes(), properties).await {
        Ok(confirm) => confirm.await.is_ok_and(|confirmation| confirmation.is_ack()),
        Err(_) => false,
    }
}
