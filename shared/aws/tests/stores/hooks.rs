//! Hooks are kept as they were given, and every write is conditional.

use aws_sdk_dynamodb::types::AttributeValue;
use treble_aws::dynamodb::{DUE_SHARDS, due_partition};
use treble_core::hook::{MAX_DEFINITION_BYTES, StoredHook};
use treble_core::ports::{CreateOutcome, HookStore, StoreError};

use crate::support::{Stores, all, at, binding, hook, updated};

#[tokio::test]
async fn a_hook_is_read_as_it_was_created() {
    let stores = Stores::new().await;
    let long = "x".repeat(1000);
    for (name, due_at, nanosecond) in [
        ("g/h".to_owned(), None, 0),
        ("g/a/b".to_owned(), Some(at(60)), 7),
        (format!("{long}/{long}"), None, 0),
    ] {
        let mut hook = hook(&name, &[("exchange/a", "#"), ("exchange/a", ""), ("exchange/b", "*.x")]);
        hook.due_at = due_at;
        hook.created += jiff::SignedDuration::from_nanos(nanosecond);
        assert_eq!(stores.hooks.get(&hook.name).await.unwrap(), None);
        assert_eq!(stores.hooks.create(&hook).await.unwrap(), CreateOutcome::Created);
        assert_eq!(stores.hooks.get(&hook.name).await.unwrap(), Some(hook));
    }
}

#[tokio::test]
async fn the_keys_of_a_definition_keep_their_order() {
    let stores = Stores::new().await;
    let hook = hook("g/h", &[]);
    stores.hooks.create(&hook).await.unwrap();
    let read = stores.hooks.get(&hook.name).await.unwrap().unwrap();
    assert_eq!(read.definition.task.to_string(), hook.definition.task.to_string());
}

#[tokio::test]
async fn creating_a_hook_that_exists_changes_nothing_and_tells_what_there_is() {
    let stores = Stores::new().await;
    let first = hook("g/h", &[("exchange/a", "#")]);
    stores.hooks.create(&first).await.unwrap();
    let mut second = hook("g/h", &[("exchange/b", "#")]);
    second.definition.metadata.name = "Another".into();
    let outcome = stores.hooks.create(&second).await.unwrap();
    assert_eq!(outcome, CreateOutcome::Exists(Box::new(first.clone())));
    assert_eq!(stores.hooks.get(&first.name).await.unwrap(), Some(first));
    assert!(stores.sort_keys("exchange#exchange/b").await.is_empty());
    assert_eq!(group_size(&stores, "g").await, Some(1));
}

#[tokio::test]
async fn replacing_changes_the_definition_the_due_moment_and_the_bindings() {
    let stores = Stores::new().await;
    let mut old = hook("g/h", &[("exchange/a", "#"), ("exchange/b", "x")]);
    stores.hooks.create(&old).await.unwrap();
    let changes: [fn(&mut StoredHook); 4] = [
        |hook| hook.definition.metadata.name = "Renamed".into(),
        |hook| hook.due_at = Some(at(60)),
        |hook| hook.definition.bindings = vec![binding("exchange/b", "x"), binding("exchange/c", "y")],
        |hook| {
            hook.due_at = None;
            hook.definition.bindings.clear();
        },
    ];
    for change in changes {
        let new = updated(&old, change);
        assert!(stores.hooks.replace(&old, &new).await.unwrap());
        assert_eq!(stores.hooks.get(&old.name).await.unwrap().as_ref(), Some(&new));
        let bound =
            new.definition.bindings.iter().map(|binding| binding.exchange.as_str()).collect::<Vec<_>>();
        for exchange in ["exchange/a", "exchange/b", "exchange/c"] {
            let rows = stores.sort_keys(&format!("exchange#{exchange}")).await;
            assert_eq!(!rows.is_empty(), bound.contains(&exchange), "{exchange} of {bound:?}");
        }
        old = new;
    }
}

#[tokio::test]
async fn a_replaced_hook_keeps_its_token_generation_and_its_creation() {
    let stores = Stores::new().await;
    let old = hook("g/h", &[]);
    stores.hooks.create(&old).await.unwrap();
    let new = updated(&old, |hook| {
        hook.token_generation += 5;
        hook.created = at(99);
    });
    assert!(stores.hooks.replace(&old, &new).await.unwrap());
    let read = stores.hooks.get(&old.name).await.unwrap().unwrap();
    assert_eq!((read.token_generation, read.created), (old.token_generation, old.created));
}

#[tokio::test]
async fn what_was_changed_in_between_is_neither_replaced_nor_removed() {
    let stores = Stores::new().await;
    let read = hook("g/h", &[("exchange/a", "#")]);
    stores.hooks.create(&read).await.unwrap();
    let present = updated(&read, |hook| hook.definition.metadata.name = "Renamed".into());
    stores.hooks.replace(&read, &present).await.unwrap();

    let plain = updated(&read, |hook| hook.definition.metadata.name = "Late".into());
    assert!(!stores.hooks.replace(&read, &plain).await.unwrap());
    let rebound = updated(&read, |hook| hook.definition.bindings = vec![binding("exchange/b", "#")]);
    assert!(!stores.hooks.replace(&read, &rebound).await.unwrap());
    assert!(!stores.hooks.remove(&read).await.unwrap());

    assert_eq!(stores.hooks.get(&read.name).await.unwrap(), Some(present));
    assert_eq!(stores.sort_keys("exchange#exchange/a").await.len(), 1);
    assert!(stores.sort_keys("exchange#exchange/b").await.is_empty());
    assert_eq!(group_size(&stores, "g").await, Some(1));
}

#[tokio::test]
async fn a_hook_that_is_gone_or_created_anew_is_not_the_one_that_was_read() {
    let stores = Stores::new().await;
    let first = hook("g/h", &[]);
    let again = StoredHook { created: at(5), ..first.clone() };
    stores.hooks.create(&first).await.unwrap();
    assert!(stores.hooks.remove(&first).await.unwrap());
    for recreated in [false, true] {
        if recreated {
            stores.hooks.create(&again).await.unwrap();
        }
        assert!(!stores.hooks.replace(&first, &updated(&first, |_| ())).await.unwrap());
        assert!(!stores.hooks.remove(&first).await.unwrap());
        assert!(!stores.hooks.set_token_generation(&first, 9).await.unwrap());
        assert_eq!(stores.hooks.get(&first.name).await.unwrap(), recreated.then(|| again.clone()));
    }
}

#[tokio::test]
async fn a_token_generation_moves_on_once_from_each() {
    let stores = Stores::new().await;
    let mut hook = hook("g/h", &[]);
    stores.hooks.create(&hook).await.unwrap();
    let next = hook.next_token_generation(at(10));
    assert!(stores.hooks.set_token_generation(&hook, next).await.unwrap());
    assert!(!stores.hooks.set_token_generation(&hook, next + 1).await.unwrap());
    hook.token_generation = next;
    assert_eq!(stores.hooks.get(&hook.name).await.unwrap(), Some(hook.clone()));
    assert!(stores.hooks.remove(&hook).await.unwrap(), "an update's revision is not the token's generation");
}

#[tokio::test]
async fn removing_leaves_nothing() {
    let stores = Stores::new().await;
    let hook = hook("g/h", &[("exchange/a", "#"), ("exchange/a", "#"), ("exchange/b", "x")]);
    stores.hooks.create(&hook).await.unwrap();
    assert!(stores.hooks.remove(&hook).await.unwrap());
    assert_eq!(stores.hooks.get(&hook.name).await.unwrap(), None);
    assert!(stores.hooks.groups(&all()).await.unwrap().items.is_empty());
    assert_eq!(group_size(&stores, "g").await, None);
    for partition in ["exchange#exchange/a", "exchange#exchange/b"] {
        assert!(stores.sort_keys(partition).await.is_empty());
    }
}

#[tokio::test]
async fn all_of_fifty_bindings_change_for_fifty_others() {
    let stores = Stores::new().await;
    let mut old = hook("g/h", &[]);
    old.definition.bindings = (0..50).map(|i| binding("exchange/old", &format!("key.{i}"))).collect();
    stores.hooks.create(&old).await.unwrap();
    let new = updated(&old, |hook| {
        hook.definition.bindings = (0..50).map(|i| binding("exchange/new", &format!("key.{i}"))).collect();
    });
    assert!(stores.hooks.replace(&old, &new).await.unwrap());
    assert!(stores.sort_keys("exchange#exchange/old").await.is_empty());
    assert_eq!(stores.sort_keys("exchange#exchange/new").await.len(), 50);
}

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let stores = Stores::new().await;
    let mut large = hook("g/h", &[]);
    large.definition.metadata.description = "x".repeat(MAX_DEFINITION_BYTES);
    let refused = stores.hooks.create(&large).await.unwrap_err();
    assert!(matches!(refused, StoreError::TooLarge { .. }), "{refused}");
    assert!(refused.to_string().contains("358400"), "{refused}");

    let small = hook("g/h", &[]);
    stores.hooks.create(&small).await.unwrap();
    large.revision = 2;
    assert!(matches!(stores.hooks.replace(&small, &large).await, Err(StoreError::TooLarge { .. })));

    let far = hook("g/far", &[(&"x".repeat(3000), "#")]);
    assert!(matches!(stores.hooks.create(&far).await, Err(StoreError::TooLarge { .. })));
    assert_eq!(stores.hooks.list("g", &all()).await.unwrap().items, [small]);
}

#[tokio::test]
async fn the_largest_definition_fits_beside_the_longest_name() {
    let stores = Stores::new().await;
    let long = "x".repeat(1000);
    let mut hook = hook(&format!("{long}/{long}"), &[]);
    let size = serde_json::to_string(&*hook.definition).unwrap().len();
    hook.definition.metadata.description += &"x".repeat(MAX_DEFINITION_BYTES - size);
    assert_eq!(stores.hooks.create(&hook).await.unwrap(), CreateOutcome::Created);
}

#[tokio::test]
async fn only_scheduled_hooks_are_in_the_index_and_each_keeps_its_shard() {
    let stores = Stores::new().await;
    for number in 0..40 {
        let mut hook = hook(&format!("g/h{number}"), &[]);
        hook.due_at = (number % 2 == 0).then(|| at(number));
        stores.hooks.create(&hook).await.unwrap();
    }
    let mut found = Vec::new();
    let mut used = 0;
    for shard in 0..DUE_SHARDS {
        let reply = stores
            .client
            .query()
            .table_name(&stores.names.hooks)
            .index_name("due")
            .key_condition_expression("due = :due AND dueAt <= :moment")
            .expression_attribute_values(":due", AttributeValue::S(due_partition(shard)))
            .expression_attribute_values(":moment", AttributeValue::N(at(30).as_millisecond().to_string()))
            .send()
            .await
            .unwrap();
        used += usize::from(reply.count > 0);
        found.extend(reply.items().iter().map(|item| item["sk"].as_s().unwrap().clone()));
    }
    let mut expected: Vec<_> = (0..=30).step_by(2).map(|number| format!("h{number}")).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    assert!(used > 4, "{used} of {DUE_SHARDS} shards for 16 hooks");
}

#[tokio::test]
async fn a_check_finds_out_whether_there_is_a_table() {
    let stores = Stores::new().await;
    stores.hooks.check().await.unwrap();
    stores.client.delete_table().table_name(&stores.names.hooks).send().await.unwrap();
    assert!(matches!(stores.hooks.check().await, Err(StoreError::Unavailable { .. })));
}

async fn group_size(stores: &Stores, group: &str) -> Option<i64> {
    let reply = stores
        .client
        .get_item()
        .table_name(&stores.names.hooks)
        .key("pk", AttributeValue::S("groups".into()))
        .key("sk", AttributeValue::S(group.into()))
        .send()
        .await
        .unwrap();
    reply.item.map(|item| item["hooks"].as_n().unwrap().parse().unwrap())
}
