use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::change::{Change, Recovery, Subject};
use crate::firing::{FireRecord, FiredBy, Firing};
use crate::hook::{Binding, Hook, HookName, StoredHook};
use crate::known_hooks::KnownHooks;
use crate::ports::{
    BindingStore, BoundHook, Claim, DelayedFiring, FireStore, FiringQueue, Page, PageRequest, QueueError,
    StoreError,
};
use crate::secret::MasterKey;

/// Hooks, their bindings, the queue of firings and the records, in memory.
#[derive(Default)]
struct World {
    hooks: Arc<KnownHooks>,
    /// Bindings that no definition has any longer.
    stale: Vec<(String, BoundHook)>,
    sent: Mutex<Vec<Firing>>,
    records: Mutex<Vec<FireRecord>>,
    queries: AtomicUsize,
    /// What the queue says of a hook's firings instead of taking them.
    refused: Mutex<Option<Refused>>,
}

type Refused = (HookName, fn() -> QueueError);

#[async_trait]
impl BindingStore for World {
    async fn bound_to(&self, exchange: &str) -> Result<Vec<BoundHook>, StoreError> {
        self.queries.fetch_add(1, Ordering::Relaxed);
        let stale = self.stale.iter().filter(|(name, _)| name == exchange).map(|(_, bound)| bound.clone());
        let hooks = self.hooks.0.lock().unwrap();
        let bound = hooks.values().flat_map(|hook| {
            let bindings = hook.definition.bindings.iter().filter(|binding| binding.exchange == exchange);
            bindings.map(|binding| BoundHook {
                routing_key_pattern: binding.routing_key_pattern.clone(),
                hook: hook.name.clone(),
            })
        });
        Ok(bound.chain(stale).collect())
    }
}

#[async_trait]
impl FireStore for World {
    async fn claim(&self, _: &StoredHook, _: &Firing) -> Result<Claim, StoreError> {
        unreachable!("nobody chooses a message's taskId")
    }
    async fn record(&self, record: &FireRecord) -> Result<bool, StoreError> {
        self.records.lock().unwrap().push(record.clone());
        Ok(true)
    }
    async fn list(&self, _: &StoredHook, _: &PageRequest) -> Result<Page<FireRecord>, StoreError> {
        unreachable!("dispatching lists nothing")
    }
}

#[async_trait]
impl FiringQueue for World {
    async fn send(&self, firings: &[DelayedFiring]) -> Vec<Result<(), QueueError>> {
        let refused = self.refused.lock().unwrap().clone();
        let take = |firing: &DelayedFiring| match &refused {
            Some((hook, error)) if *hook == firing.firing.hook => Err(error()),
            _ => {
                self.sent.lock().unwrap().push(firing.firing.clone());
                Ok(())
            }
        };
        firings.iter().map(take).collect()
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn hook(name: &str, bindings: &[(&str, &str)], trigger_schema: Value) -> StoredHook {
    let name: HookName = name.parse().unwrap();
    let bindings: Vec<Binding> = bindings
        .iter()
        .map(|&(exchange, pattern)| Binding {
            exchange: exchange.into(),
            routing_key_pattern: pattern.into(),
        })
        .collect();
    let definition: Hook = serde_json::from_value(json!({
        "hookId": name.id(), "hookGroupId": name.group(), "bindings": bindings, "task": {},
        "metadata": {"name": "n", "description": "d", "owner": "o"}, "triggerSchema": trigger_schema,
    }))
    .unwrap();
    StoredHook::new(name, definition, at(0), None)
}

fn world(hooks: impl IntoIterator<Item = StoredHook>) -> World {
    World { hooks: Arc::new(KnownHooks::new(hooks)), ..World::default() }
}

fn dispatcher(world: World) -> (Dispatcher, Arc<World>) {
    let world = Arc::new(world);
    let key = MasterKey::new([7; 32]);
    (Dispatcher::new(world.clone(), world.hooks.clone(), world.clone(), world.clone(), key), world)
}

fn message(id: &str, key: &str, cc: &[&str]) -> PulseMessage {
    PulseMessage {
        id: id.into(),
        exchange: "e".into(),
        routing_key: key.into(),
        cc: cc.iter().map(|&key| key.into()).collect(),
        received: at(5),
        payload: json!({"a": 1}),
        unreadable: None,
        trace: None,
    }
}

async fn fired(dispatcher: &Dispatcher, messages: &[PulseMessage]) -> Vec<usize> {
    let results = dispatcher.dispatch(messages, at(10)).await;
    results.into_iter().map(|result| result.unwrap()).collect()
}

impl World {
    fn sent_to(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.sent.lock().unwrap().iter().map(|firing| firing.hook.to_string()).collect();
        names.sort();
        names
    }
}

#[test]
fn a_message_is_json() {
    let json = json!({
        "id": "1", "exchange": "e", "routingKey": "a.b", "cc": ["route.x"], "received": "2026-11-21T10:00:00Z",
        "payload": {"a": 1},
    });
    let message: PulseMessage = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(serde_json::to_value(&message).unwrap(), json);
    for missing in ["id", "exchange", "routingKey", "received"] {
        let mut json = json.clone();
        json.as_object_mut().unwrap().remove(missing);
        assert!(serde_json::from_value::<PulseMessage>(json).is_err(), "{missing}");
    }
}

#[tokio::test]
async fn hooks_fire_once_from_a_message_however_often_they_are_bound_to_it() {
    let any = json!({});
    let (dispatcher, world) = dispatcher(world([
        hook("g/once", &[("e", "a.b"), ("e", "a.#"), ("e", "route.*"), ("f", "#")], any.clone()),
        hook("g/by-cc", &[("e", "route.x")], any.clone()),
        hook("g/elsewhere", &[("f", "#")], any.clone()),
        hook("g/other-key", &[("e", "a.c")], any),
    ]));
    assert_eq!(fired(&dispatcher, &[message("1", "a.b", &["route.x", "route.y"])]).await, [2]);
    assert_eq!(world.sent_to(), ["g/by-cc", "g/once"]);
    let firing = world.sent.lock().unwrap().remove(0);
    assert_eq!((firing.fired_by, firing.created), (FiredBy::PulseMessage, at(5)));
    assert_eq!((firing.payload, firing.client_id), (Some(json!({"a": 1})), None));
}

#[tokio::test]
async fn the_same_message_is_the_same_firing() {
    let (dispatcher, world) = dispatcher(world([hook("g/h", &[("e", "#")], json!({}))]));
    let messages = ["1", "1", "2"].map(|id| message(id, "a", &[]));
    assert_eq!(fired(&dispatcher, &messages).await, [1, 1, 1]);
    let sent = world.sent.lock().unwrap();
    assert_eq!(sent[0], sent[1]);
    assert_ne!(sent[0].task_id, sent[2].task_id);
}

#[tokio::test]
async fn a_binding_that_the_hook_no_longer_has_fires_nothing() {
    let bound = |hook: &str, pattern: &str| {
        let hook = hook.parse().unwrap();
        ("e".to_owned(), BoundHook { routing_key_pattern: pattern.into(), hook })
    };
    let mut world = world([hook("g/h", &[("e", "b"), ("f", "#")], json!({}))]);
    world.stale = vec![bound("g/h", "#"), bound("g/gone", "#")];
    let (dispatcher, world) = dispatcher(world);
    assert_eq!(fired(&dispatcher, &[message("1", "a", &[]), message("2", "b", &[])]).await, [0, 1]);
    assert_eq!(world.sent_to(), ["g/h"]);
}

#[tokio::test]
async fn a_payload_gets_defaults_and_is_validated() {
    let schema = json!({
        "type": "object", "properties": {"a": {"type": "integer"}, "b": {"default": 2}}, "required": ["a"],
    });
    let (dispatcher, world) = dispatcher(world([hook("g/h", &[("e", "#")], schema)]));
    let mut wrong = message("2", "a", &[]);
    wrong.payload = json!({"a": "x"});
    assert_eq!(fired(&dispatcher, &[message("1", "a", &[]), wrong]).await, [1, 0]);
    assert_eq!(world.sent.lock().unwrap()[0].payload, Some(json!({"a": 1, "b": 2})));
    let records = world.records.lock().unwrap();
    assert_eq!(records.len(), 1);
    assert_eq!((records[0].error.as_str(), records[0].created), ("data/a must be integer", at(5)));
}

#[tokio::test]
async fn of_a_flood_of_rejected_messages_one_a_minute_is_recorded() {
    let never = json!({"type": "string"});
    let hooks = [hook("g/h", &[("e", "#")], never.clone()), hook("g/i", &[("e", "#")], never)];
    let (dispatcher, world) = dispatcher(world(hooks));
    for (now, expected) in [(10, 2), (11, 2), (69, 2), (70, 4), (71, 4), (1, 6)] {
        let mut bad = message(&now.to_string(), "a", &[]);
        bad.unreadable = (now == 70).then(|| "it is no JSON".to_owned());
        for result in dispatcher.dispatch(&[bad.clone(), bad], at(now)).await {
            assert_eq!(result.unwrap(), 0);
        }
        assert_eq!(world.records.lock().unwrap().len(), expected, "at {now}");
    }
    assert_eq!(world.records.lock().unwrap()[2].error, "it is no JSON");
}

#[tokio::test]
async fn a_message_whose_firing_was_not_taken_fails_and_no_other() {
    let hooks = [hook("g/h", &[("e", "a")], json!({})), hook("g/i", &[("e", "#")], json!({}))];
    let (dispatcher, world) = dispatcher(world(hooks));
    let unavailable = || QueueError::Unavailable { reason: "busy".into(), source: None };
    *world.refused.lock().unwrap() = Some(("g/h".parse().unwrap(), unavailable));
    let messages = [message("1", "a", &[]), message("2", "b", &[])];
    let results = dispatcher.dispatch(&messages, at(10)).await;
    assert!(matches!(results[..], [Err(DispatchError::Queue(_)), Ok(1)]), "{results:?}");

    *world.refused.lock().unwrap() =
        Some(("g/h".parse().unwrap(), || QueueError::TooLarge { bytes: 9, most: 5 }));
    assert_eq!(fired(&dispatcher, &messages[..1]).await, [1]);
    assert_eq!(
        world.records.lock().unwrap()[0].error,
        "the message has 9 bytes, and a queue takes at most 5"
    );
}

#[tokio::test]
async fn bindings_are_read_once_in_some_seconds() {
    let (dispatcher, world) = dispatcher(world([hook("g/h", &[("e", "#")], json!({}))]));
    for (now, expected) in [(10, 1), (10, 1), (10 + STALE_SECONDS - 1, 1), (10 + STALE_SECONDS, 2), (0, 3)] {
        for result in dispatcher.dispatch(&[message("1", "a", &[])], at(now)).await {
            assert_eq!(result.unwrap(), 1);
        }
        assert_eq!(world.queries.load(Ordering::Relaxed), expected, "at {now}");
    }
}

#[tokio::test]
async fn no_firing_is_from_before_its_hook() {
    let hook = StoredHook { created: at(60), ..hook("g/h", &[("e", "#")], json!({})) };
    let (dispatcher, world) = dispatcher(world([hook]));
    let early = PulseMessage { received: at(59), ..message("1", "a", &[]) };
    assert!(matches!(dispatcher.dispatch(&[early], at(61)).await[..], [Ok(1)]));
    assert_eq!(world.sent.lock().unwrap()[0].created, at(60));
}

#[tokio::test]
async fn many_hooks_fire_from_one_message() {
    let hooks = (0..250).map(|number| hook(&format!("g/h{number}"), &[("e", "#")], json!({})));
    let (dispatcher, world) = dispatcher(world(hooks));
    assert_eq!(fired(&dispatcher, &[message("1", "a", &[]), message("2", "b", &[])]).await, [250, 250]);
    assert_eq!(world.sent.lock().unwrap().len(), 500);
}

#[test]
fn changes_of_definitions_have_exchanges() {
    let subject = || Subject::from(&"g/h".parse::<HookName>().unwrap());
    let changes =
        [Change::HookCreated(subject()), Change::HookUpdated(subject()), Change::HookDeleted(subject())];
    assert_eq!(changes.map(|change| exchange(&change).unwrap()), EXCHANGES);
    let recovered = Recovery { subject: subject(), since: at(0), tell_owner: false };
    assert_eq!(exchange(&Change::FireRecovered(recovered)), None);
}
