//! A bridge in this process, between a broker and an embedded store.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use treble_aws::dynamodb::{DynamoHooks, TableNames, create_tables};
use treble_core::change::{Change, Subject};
use treble_core::hook::{Binding, Hook, HookName, StoredHook};
use treble_core::ports::{BindingLedger as _, HookStore as _, MadeBinding, PulseQueue, QueueError};
use treble_core::pulse::PulseMessage;
use treble_embedded::Embedded;
use treble_pulse_bridge::{Bridge, BridgeOptions, Broker, Health, LocalChanges};
use treble_tests::RabbitMq;

use super::eventually;

/// The queue behind the bridge.
#[derive(Default)]
pub(super) struct Taken {
    messages: Mutex<Vec<PulseMessage>>,
    pub(super) refuses: AtomicBool,
}

#[async_trait]
impl PulseQueue for Taken {
    async fn send(&self, messages: &[PulseMessage]) -> Vec<Result<(), QueueError>> {
        let refuses = self.refuses.load(Ordering::Relaxed);
        let take = |message: &PulseMessage| {
            if refuses {
                return Err(QueueError::Unavailable { reason: "busy".into(), source: None });
            }
            if message.payload.to_string().len() > 1000 {
                return Err(QueueError::TooLarge { bytes: 1001, most: 1000 });
            }
            self.messages.lock().unwrap().push(message.clone());
            Ok(())
        };
        messages.iter().map(take).collect()
    }
}

/// A bridge and what is on both of its sides.
pub(super) struct World {
    pub(super) broker: RabbitMq,
    pub(super) hooks: Arc<DynamoHooks>,
    pub(super) taken: Arc<Taken>,
    pub(super) changes: Arc<LocalChanges>,
    pub(super) health: Arc<Health>,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    _database: Embedded,
}

impl World {
    /// A broker and an empty store; nothing bridges yet.
    pub(super) async fn new() -> World {
        let database = Embedded::memory().unwrap();
        let tables = TableNames::with_prefix("t");
        create_tables(&database.sdk_client(), &tables).await.unwrap();
        World {
            broker: tokio::task::spawn_blocking(RabbitMq::start).await.unwrap(),
            hooks: Arc::new(DynamoHooks::new(database.sdk_client(), tables.hooks)),
            taken: Arc::default(),
            changes: Arc::default(),
            health: Arc::default(),
            running: None,
            _database: database,
        }
    }

    /// Starts a bridge that never reconciles but at its start, when hooks change, and what was refused.
    pub(super) fn bridge(&mut self) {
        self.bridge_to(Broker::new(&self.broker.url()).unwrap());
    }

    /// The same, to the broker as it is said to be.
    pub(super) fn bridge_to(&mut self, broker: Broker) {
        let mut options = BridgeOptions::new(broker);
        options.retry = Duration::from_millis(200);
        options.reconcile = Duration::from_secs(3600);
        let bridge = Bridge::new(options, self.hooks.clone(), self.taken.clone()).unwrap();
        let bridge = bridge.with_changes(self.changes.clone());
        self.health = bridge.health();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(async move { bridge.run(async { drop(stopped.await) }).await });
        self.running = Some((stop, running));
    }

    /// Stops it, and waits until it has.
    pub(super) async fn stop(&mut self) {
        let (stop, running) = self.running.take().unwrap();
        stop.send(()).unwrap();
        running.await.unwrap();
    }

    /// Creates, replaces or, without bindings, removes a hook, and tells the bridge.
    pub(super) async fn set(&self, name: &str, bindings: &[(&str, &str)]) {
        let name: HookName = name.parse().unwrap();
        let old = self.hooks.get(&name).await.unwrap();
        let subject = Subject::from(&name);
        let change = match &old {
            None => {
                self.hooks.create(&hook(&name, bindings)).await.unwrap();
                Change::HookCreated(subject)
            }
            Some(old) if bindings.is_empty() => {
                assert!(self.hooks.remove(old).await.unwrap());
                Change::HookDeleted(subject)
            }
            Some(old) => {
                let new = StoredHook { revision: old.revision + 1, ..hook(&name, bindings) };
                assert!(self.hooks.replace(old, &new).await.unwrap());
                Change::HookUpdated(subject)
            }
        };
        self.changes.push(change);
    }

    /// Waits until exactly these bindings are made, and none is refused.
    pub(super) async fn bound_to(&self, expected: &[(&str, &str)]) {
        let mut expected: Vec<MadeBinding> = expected
            .iter()
            .map(|(exchange, pattern)| MadeBinding { binding: binding(exchange, pattern), problem: None })
            .collect();
        expected.sort_by(|a, b| a.binding.cmp(&b.binding));
        eventually("the bindings", async || {
            let made = self.hooks.made().await.unwrap();
            // A binding is noted before it is made.
            let (well, report) = self.health.report();
            let settled =
                well && report["missingBindings"] == json!(0) && report["refusedBindings"] == json!(0);
            (made == expected && settled).then_some(())
        })
        .await;
    }

    /// Whether a message with this key has come.
    pub(super) fn has_taken(&self, key: &str) -> bool {
        self.taken.messages.lock().unwrap().iter().any(|message| message.routing_key == key)
    }

    /// Waits for messages, and takes them.
    pub(super) async fn take(&self, count: usize) -> Vec<PulseMessage> {
        eventually("messages", async || (self.taken.messages.lock().unwrap().len() >= count).then_some(()))
            .await;
        let mut messages = std::mem::take(&mut *self.taken.messages.lock().unwrap());
        messages.sort_by(|a, b| a.routing_key.cmp(&b.routing_key));
        messages
    }

    /// The same: their keys.
    pub(super) async fn take_keys(&self, count: usize) -> Vec<String> {
        self.take(count).await.into_iter().map(|message| message.routing_key).collect()
    }
}

pub(super) fn binding(exchange: &str, pattern: &str) -> Binding {
    Binding { exchange: exchange.into(), routing_key_pattern: pattern.into() }
}

pub(super) fn hook(name: &HookName, bindings: &[(&str, &str)]) -> StoredHook {
    let bindings: Vec<Binding> =
        bindings.iter().map(|(exchange, pattern)| binding(exchange, pattern)).collect();
    let definition: Hook = serde_json::from_value(json!({
        "hookId": name.id(), "hookGroupId": name.group(), "bindings": bindings, "task": {},
        "metadata": {"name": "n", "description": "d", "owner": "o"}, "triggerSchema": {},
    }))
    .unwrap();
    StoredHook::new(name.clone(), definition, Timestamp::now(), None)
}
