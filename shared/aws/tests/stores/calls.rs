//! What each operation costs: calls of DynamoDB are what a request's time and price are made of.

use std::collections::BTreeMap;

use jiff::Timestamp;
use treble_core::firing::{FireRecord, FireResult, FiredBy, Firing};
use treble_core::ports::{FireStore, HookStore};

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
