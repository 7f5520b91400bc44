//! Removals, and how many there are: exactly, whoever else writes.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use treble_core::cds::{Counts, Execution, ExecutionStore, hook_name};

use super::{UUID, counts, done, execution, executions, items, moment, next, task};
use crate::support::{Stores, all, task_id};

#[tokio::test]
async fn the_newest_that_are_over_are_kept_and_all_that_are_not() {
    let stores = Stores::new().await;
    let store = executions(&stores);
    let mut expected = Vec::new();
    for number in 0..=239 {
        let made = execution(number, moment(i64::from(number) * 1_000_000));
        assert!(store.create(&made).await.unwrap());
        let over = number % 20 != 0;
        if over {
            assert!(store.update(&made, &done(&made)).await.unwrap());
        }
        if !over || number >= 230 {
            expected.push(number);
        }
    }
    assert_eq!(counts(&store).await, (240, 12));
    assert_eq!(store.trim(&task(), 10).await.unwrap(), 218);
    let left = store.list(&task(), &all()).await.unwrap().items;
    let left: Vec<_> = left.into_iter().rev().map(|execution| execution.task_id).collect();
    assert_eq!(left, expected.into_iter().map(task_id).collect::<Vec<_>>());
    assert_eq!(counts(&store).await, (22, 12));
    assert_eq!(store.trim(&task(), 10).await.unwrap(), 0);
    assert_eq!(store.trim(&task(), 0).await.unwrap(), 10);
    assert_eq!(counts(&store).await, (12, 12));
}

#[tokio::test]
async fn all_of_a_task_go_and_no_other() {
    let stores = Stores::new().await;
    let store = executions(&stores);
    let other = Execution { task: hook_name("other").unwrap(), ..execution(1, moment(1)) };
    assert!(store.create(&other).await.unwrap());
    for number in 0..120 {
        let made = execution(number, moment(i64::from(number) * 1_000_000));
        assert!(store.create(&made).await.unwrap());
        if number % 2 == 0 {
            assert!(store.update(&made, &done(&made)).await.unwrap());
        }
    }
    // As if one had died between the parts and the execution.
    let part = stores.client.put_item().table_name(&stores.names.fires);
    let part = part.item("pk", AttributeValue::S(task().to_string()));
    part.item("sk", AttributeValue::S("body#2026-11-27T00:00:00Z#x#000".into())).send().await.unwrap();
    let listed = |page: treble_core::ports::Page<(String, Counts)>| {
        page.items.into_iter().map(|(uuid, counts)| (uuid, counts.total, counts.todo)).collect::<Vec<_>>()
    };
    let both = listed(store.all_counts(&all()).await.unwrap());
    assert_eq!(both, [(UUID.to_owned(), 120, 60), ("other".to_owned(), 1, 1)]);
    for _ in 0..2 {
        store.remove_all(&task()).await.unwrap();
        assert!(items(&stores).await.is_empty());
        assert_eq!(counts(&store).await, (0, 0));
        assert_eq!(listed(store.all_counts(&all()).await.unwrap()), [("other".to_owned(), 1, 1)]);
    }
    assert_eq!(store.get(&other.task, other.created).await.unwrap().as_ref(), Some(&other));
}

#[tokio::test]
async fn counts_that_are_wrong_hinder_no_removal() {
    let stores = Stores::new().await;
    let store = executions(&stores);
    let made = execution(1, moment(1));
    assert!(store.create(&made).await.unwrap());
    // By a hand that knows nothing of counts.
    let removal = stores.client.delete_item().table_name(&stores.names.fires);
    let removal = removal.key("pk", AttributeValue::S(task().to_string()));
    removal.key("sk", AttributeValue::S(items(&stores).await.remove(0))).send().await.unwrap();
    assert!(store.create(&execution(2, moment(2))).await.unwrap());
    assert_eq!(counts(&store).await, (2, 2));
    store.remove_all(&task()).await.unwrap();
    assert_eq!(counts(&store).await, (0, 0));
    assert!(items(&stores).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn creations_and_removals_at_once_leave_what_is_counted() {
    let stores = Stores::new().await;
    let store = executions(&stores);
    let mut rivals = tokio::task::JoinSet::new();
    for number in 0..20 {
        let store = store.clone();
        rivals.spawn(async move {
            assert!(store.create(&execution(number, moment(i64::from(number)))).await.unwrap());
            if number % 5 == 0 {
                store.remove_all(&task()).await.unwrap();
            }
        });
    }
    rivals.join_all().await;
    let left = store.list(&task(), &all()).await.unwrap().items.len() as u64;
    assert_eq!(counts(&store).await, (left, left));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_at_once_are_all_counted() {
    let stores = Stores::new().await;
    let store = executions(&stores);
    let mut rivals = tokio::task::JoinSet::new();
    for number in 0..20 {
        let store = store.clone();
        rivals.spawn(async move {
            let made = execution(number, moment(i64::from(number)));
            assert!(store.create(&made).await.unwrap());
            assert!(store.update(&made, &done(&made)).await.unwrap());
        });
    }
    rivals.join_all().await;
    assert_eq!(counts(&store).await, (20, 0));
    let ids: BTreeSet<_> =
        store.list(&task(), &all()).await.unwrap().items.into_iter().map(|made| made.task_id).collect();
    assert_eq!(ids, (0..20).map(task_id).collect());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_updates_one_wins_and_removals_count_once() {
    let stores = Stores::new().await;
    let store = executions(&stores);
    let old = execution(1, moment(1));
    assert!(store.create(&old).await.unwrap());
    let mut rivals = tokio::task::JoinSet::new();
    for number in 0..20 {
        let (store, old) = (store.clone(), old.clone());
        let new = next(&done(&old), |execution| {
            execution.revision -= 1;
            execution.run = Some(number);
        });
        rivals.spawn(async move { store.update(&old, &new).await.unwrap().then_some(new) });
    }
    let winners: Vec<_> = rivals.join_all().await.into_iter().flatten().collect();
    let [winner] = &winners[..] else { panic!("{} won", winners.len()) };
    assert_eq!(store.get(&task(), old.created).await.unwrap().as_ref(), Some(winner));
    assert_eq!(counts(&store).await, (1, 0));

    for number in 2..60 {
        let made = execution(number, moment(i64::from(number)));
        store.create(&made).await.unwrap();
        store.update(&made, &done(&made)).await.unwrap();
    }
    let mut rivals = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = store.clone();
        rivals.spawn(async move { store.trim(&task(), 9).await.unwrap() });
    }
    assert_eq!(rivals.join_all().await.into_iter().sum::<usize>(), 50);
    assert_eq!(counts(&store).await, (9, 0));
}
