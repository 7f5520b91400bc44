//! The consumer: one in a group, subscribed to what tasks want.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rdkafka::Message as _;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{MissedTickBehavior, interval, sleep};
use treble_aws::dynamodb::DynamoHooks;
use treble_core::cds::GROUP;
use treble_core::cds::kafka::{KafkaRecord, topic};
use treble_core::change::Change;
use treble_core::ports::{HookStore as _, PageRequest, PulseQueue as _, StoreError, chain};

use super::beginnings::Beginnings;
use super::settings::Settings;
use crate::output::Failure;
use crate::queue::Queue;

/// How often tasks are read for the topics that they want, whether or not one is known to have changed.
const REFRESH: Duration = Duration::from_secs(60);

/// How many tasks are read at once.
const PAGE: usize = 100;

/// How long to wait after our queue did not take a record, or the cluster failed.
const AFTER_ERROR: Duration = Duration::from_secs(1);

/// Takes records from a cluster.
pub(in crate::up) struct Consumer {
    integration: String,
    client: StreamConsumer<Beginnings>,
    subscribed: BTreeSet<String>,
}

impl Consumer {
    /// As the environment says; None where it names no cluster. Connects to nothing yet.
    pub(in crate::up) fn new(has_cds: bool) -> Result<Option<Self>, Failure> {
        let Some(settings) = Settings::read(has_cds)? else { return Ok(None) };
        let client =
            settings.client.create_with_context(Beginnings).map_err(super::settings::SettingsError::from)?;
        Ok(Some(Self { integration: settings.integration, client, subscribed: BTreeSet::new() }))
    }

    /// Hands records to the queue of messages, for good. An offset is stored when the queue has its record, never before.
    pub(in crate::up) async fn run(
        mut self,
        hooks: Arc<DynamoHooks>,
        queue: Queue,
        mut changes: Receiver<Change>,
    ) {
        let mut refresh = interval(REFRESH);
        refresh.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let subscribes = tokio::select! {
                _ = refresh.tick() => true,
                heard = changes.recv() => match heard {
                    Ok(change) => may_matter(&change),
                    Err(RecvError::Lagged(_)) => true,
                    Err(RecvError::Closed) => return,
                },
                received = self.client.recv() => {
                    self.take(received, &queue).await;
                    false
                }
            };
            if subscribes {
                self.subscribe(&hooks).await;
            }
        }
    }

    /// Subscribes to the topics that tasks want now.
    async fn subscribe(&mut self, hooks: &DynamoHooks) {
        let wanted = match wanted(hooks, &self.integration).await {
            Ok(wanted) => wanted,
            Err(error) => {
                return tracing::warn!(error = chain(&error), "the topics that tasks want can't be read");
            }
        };
        if wanted == self.subscribed {
            return;
        }
        let topics: Vec<&str> = wanted.iter().map(String::as_str).collect();
        let done = if topics.is_empty() {
            self.client.unsubscribe();
            Ok(())
        } else {
            self.client.subscribe(&topics)
        };
        match done {
            Ok(()) => {
                tracing::info!(topics = topics.join(" "), "subscribed to topics of Kafka");
                self.subscribed = wanted;
            }
            Err(error) => tracing::warn!(error = chain(&error), "topics of Kafka can't be subscribed to"),
        }
    }

    /// Sends a record to the queue, until it is taken.
    async fn take(&self, received: Result<BorrowedMessage<'_>, KafkaError>, queue: &Queue) {
        let received = match received {
            Ok(received) => received,
            // The client goes on by itself: this tells what is wrong, e.g. that there is no such topic.
            Err(error) => {
                tracing::warn!(error = chain(&error), "Kafka");
                return sleep(AFTER_ERROR).await;
            }
        };
        let record = record(&received);
        let (topic, partition, offset) = (received.topic(), received.partition(), received.offset());
        match record.into_message(&self.integration, Timestamp::now()) {
            Some(message) => {
                let message = [message];
                while let Some(Err(error)) = queue.send(&message).await.into_iter().next() {
                    tracing::warn!(topic, partition, offset, error = chain(&error), "a record waits");
                    sleep(AFTER_ERROR).await;
                }
            }
            None => tracing::info!(topic, partition, offset, "a tombstone, which fires nothing"),
        }
        if let Err(error) = self.client.store_offset_from_message(&received) {
            // The partition is another consumer's by now, who gets the record as well: the same firings.
            tracing::info!(topic, partition, offset, error = chain(&error), "an offset is not ours to store");
        }
    }
}

fn record(received: &BorrowedMessage<'_>) -> KafkaRecord {
    KafkaRecord {
        topic: received.topic().to_owned(),
        partition: received.partition(),
        offset: received.offset(),
        timestamp: received.timestamp().to_millis().unwrap_or(-1),
        value: received.payload().map(|value| STANDARD.encode(value)),
    }
}

/// Whether a change may be one of which topics are wanted.
fn may_matter(change: &Change) -> bool {
    match change {
        Change::HookCreated(subject) | Change::HookUpdated(subject) | Change::HookDeleted(subject) => {
            subject.hook_group_id == GROUP
        }
        Change::FireFailed(_) | Change::FireRecovered(_) => false,
    }
}

/// The topics of a cluster that tasks are bound to.
async fn wanted(hooks: &DynamoHooks, integration: &str) -> Result<BTreeSet<String>, StoreError> {
    let mut wanted = BTreeSet::new();
    let mut page = PageRequest { limit: Some(PAGE), continuation: None };
    loop {
        let listed = hooks.list(GROUP, &page).await?;
        for hook in listed.items {
            if hook.definition.cds.as_ref().is_some_and(|task| !task.kind.of().of_broker) {
                let bindings = &hook.definition.bindings;
                let topics = bindings.iter().filter_map(|binding| topic(&binding.exchange, integration));
                wanted.extend(topics.map(str::to_owned));
            }
        }
        match listed.continuation {
            Some(continuation) => page.continuation = Some(continuation),
            None => return Ok(wanted),
        }
    }
}
