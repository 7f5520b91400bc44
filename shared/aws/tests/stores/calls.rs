//! What each operation costs: calls of DynamoDB are what a request's time and price are made of.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use treble_aws::dynamodb::DynamoGates;
use treble_core::firing::{FireRecord, FireResult, FiredBy, Firing};
use treble_core::gate::ports::{
    CorrelationStore, DeliveryStore, DueLanes, IntegratorStore, LaneState, LaneStore, LaterWakes, Taken,
};
use treble_core::gate::{Attempt, Delivery, DeliveryId, DeliveryStatus, Event, IntegratorName};
use treble_core::ports::{FireStore, HookStore};
use treble_core::secret::MasterKey;

use crate::support::{Stores, all, at, binding, hook, task_id, updated};

fn made(stores: &Stores, expected: &[(&'static str, u64)]) {
    assert_eq!(stores.database.take_calls(), BTreeMap::from_iter(expected.iter().copied()));
}

#[tokio::test]
async fn calls_per_operation_on_hooks() {
    let stores = Stores::new().await;
    let first = hook("g/h", &[("exchange/a", "#")]);

    stores.hooks.create(&first).await.unwrap();
    made(&stores, &[("TransactWriteItems", 1)]);
    stores.hooks.create(&first).await.unwrap();
    made(&stores, &[("TransactWriteItems", 1)]);
    stores.hooks.get(&first.name).await.unwrap();
    made(&stores, &[("GetItem", 1)]);

    let second = updated(&first, |hook| hook.due_at = Some(at(1)));
    assert!(stores.hooks.replace(&first, &second).await.unwrap());
    made(&stores, &[("UpdateItem", 1)]);
    let third = updated(&second, |hook| hook.definition.bindings.push(binding("exchange/b", "#")));
    assert!(stores.hooks.replace(&second, &third).await.unwrap());
    made(&stores, &[("TransactWriteItems", 1)]);
    assert!(stores.hooks.set_token_generation(&third, third.token_generation + 1).await.unwrap());
    made(&stores, &[("UpdateItem", 1)]);

    stores.hooks.list("g", &all()).await.unwrap();
    made(&stores, &[("Query", 1)]);
    stores.hooks.groups(&all()).await.unwrap();
    made(&stores, &[("Query", 1)]);
    stores.hooks.check().await.unwrap();
    made(&stores, &[("GetItem", 1)]);

    assert!(stores.hooks.remove(&third).await.unwrap());
    made(&stores, &[("DeleteItem", 1), ("TransactWriteItems", 1)]);
    assert!(!stores.hooks.remove(&third).await.unwrap());
    made(&stores, &[("TransactWriteItems", 1)]);
}

#[tokio::test]
async fn calls_per_operation_on_fires() {
    let stores = Stores::new().await;
    let hook = hook("g/h", &[]);
    let created = Timestamp::now();
    let firing = Firing {
        task_id: task_id(1),
        hook: hook.name.clone(),
        fired_by: FiredBy::TriggerHook,
        payload: None,
        client_id: None,
        created,
        trace: None,
    };
    let record = FireRecord {
        task_id: firing.task_id.clone(),
        hook: firing.hook.clone(),
        fired_by: firing.fired_by,
        created,
        task_created: created,
        result: FireResult::Success,
        error: String::new(),
        status: None,
    };

    stores.fires.claim(&hook, &firing).await.unwrap();
    made(&stores, &[("PutItem", 1)]);
    stores.fires.record(&record).await.unwrap();
    made(&stores, &[("PutItem", 1)]);
    stores.fires.record(&record).await.unwrap();
    made(&stores, &[("PutItem", 1)]);
    stores.fires.claim(&hook, &firing).await.unwrap();
    made(&stores, &[("GetItem", 1), ("PutItem", 1)]);
    stores.fires.list(&hook, &all()).await.unwrap();
    made(&stores, &[("Query", 1)]);
}

#[tokio::test]
async fn calls_per_operation_on_gates() {
    let stores = Stores::new().await;
    let gates = DynamoGates::new(stores.client.clone(), &stores.names.gates, &MasterKey::new([1; 32]));
    let acme: IntegratorName = "acme".parse().unwrap();
    let now = Timestamp::now();

    gates.wanting(Event::PreTriggerHook).await.unwrap();
    made(&stores, &[("Query", 1)]);
    CorrelationStore::get(&gates, "w").await.unwrap();
    made(&stores, &[("GetItem", 1)]);

    let delivery = |unique| Delivery {
        id: DeliveryId::new(now, unique),
        integrator: acme.clone(),
        event: Event::PostFire,
        body: serde_json::json!({}),
        created: now,
        retry_until: now,
        status: DeliveryStatus::Waiting,
        attempts: 0,
        last_error: None,
    };
    let deliveries: Vec<_> = (0..50).map(delivery).collect();
    gates.add(&deliveries).await.unwrap();
    made(&stores, &[("TransactWriteItems", 1)]);
    gates.waiting(&acme, 50).await.unwrap();
    made(&stores, &[("Query", 1)]);
    let delivered = Delivery { status: DeliveryStatus::Delivered, ..deliveries[0].clone() };
    let attempt =
        Attempt { at: now, latency: Duration::ZERO, status: Some(200), error: None, reply: String::new() };
    gates.attempted(&delivered, Some(&attempt)).await.unwrap();
    made(&stores, &[("TransactWriteItems", 1)]);
    assert!(gates.revive(&delivered, now).await.unwrap());
    made(&stores, &[("TransactWriteItems", 1)]);

    let minute = SignedDuration::from_mins(1);
    let (until, down) =
        (now + minute, LaneState { next_attempt: Some(now + minute), ..LaneState::default() });
    assert!(matches!(gates.take(&acme, "one", now, until).await.unwrap(), Taken::Yes(_)));
    made(&stores, &[("UpdateItem", 1)]);
    assert_eq!(gates.take(&acme, "two", now, until).await.unwrap(), Taken::Busy);
    made(&stores, &[("UpdateItem", 2)]);
    assert!(!gates.leave(&acme, "one", &down).await.unwrap());
    made(&stores, &[("UpdateItem", 2)]);
    assert!(gates.leave(&acme, "one", &down).await.unwrap());
    made(&stores, &[("UpdateItem", 1)]);
    assert!(matches!(gates.take(&acme, "two", now, until).await.unwrap(), Taken::NotBefore(_)));
    made(&stores, &[("UpdateItem", 1)]);

    stores.hooks.wake_at(&acme, now).await.unwrap();
    made(&stores, &[("PutItem", 1)]);
    let due = DueLanes::due(&stores.hooks, Timestamp::MAX, 10).await.unwrap();
    made(&stores, &[("Query", 1)]);
    stores.hooks.clear(&due).await.unwrap();
    made(&stores, &[("BatchExecuteStatement", 1)]);
}
