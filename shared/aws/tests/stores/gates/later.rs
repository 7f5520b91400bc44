//! Lanes in the index of what is due, beside hooks.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use treble_aws::dynamodb::stream::changes;
use treble_core::gate::ports::{DueLane, DueLanes, LaterWakes};
use treble_core::ports::{DueIndex, HookStore};

use super::{World, name, now, seconds};
use crate::support::{all, hook};

async fn due(world: &World, before: Timestamp, limit: usize) -> Vec<(String, Timestamp)> {
    let due = DueLanes::due(&world.hooks, before, limit).await.unwrap();
    due.into_iter().map(|lane| (lane.integrator.to_string(), lane.at)).collect()
}

#[tokio::test]
async fn lanes_are_due_the_earliest_first_each_once() {
    let world = World::new().await;
    let now = now();
    for (integrator, second) in [("a", 50), ("b", 10), ("c", 30), ("a", 20)] {
        world.hooks.wake_at(&name(integrator), now + seconds(second)).await.unwrap();
    }
    let expected =
        [("b", 10), ("a", 20), ("c", 30)].map(|(name, second)| (name.into(), now + seconds(second)));
    assert_eq!(due(&world, Timestamp::MAX, 100).await, expected);
    assert_eq!(due(&world, now + seconds(30), 100).await, expected[..2]);
    assert_eq!(due(&world, now + seconds(30), 1).await, expected[..1]);
    assert_eq!(due(&world, now, 100).await, []);
}

#[tokio::test]
async fn a_lane_is_never_due_before_its_moment() {
    let world = World::new().await;
    let at = now() + jiff::SignedDuration::from_nanos(1_000_001);
    world.hooks.wake_at(&name("a"), at).await.unwrap();
    assert_eq!(due(&world, at, 1).await, []);
    let [(_, due_at)] = &due(&world, Timestamp::MAX, 1).await[..] else { panic!("it is due") };
    assert!(*due_at >= at && *due_at < at + seconds(1));
}

#[tokio::test]
async fn lanes_are_cleared_that_nobody_moved_meanwhile() {
    let world = World::new().await;
    let now = now();
    for number in 0..60 {
        world.hooks.wake_at(&name(&format!("n{number}")), now + seconds(number)).await.unwrap();
    }
    let sent = DueLanes::due(&world.hooks, Timestamp::MAX, 100).await.unwrap();
    assert_eq!(sent.len(), 60);
    world.hooks.wake_at(&name("n7"), now + seconds(1000)).await.unwrap();
    let mut cleared = sent.clone();
    cleared.push(DueLane { integrator: name("never-was"), at: now });
    for _ in 0..2 {
        world.hooks.clear(&cleared).await.unwrap();
        assert_eq!(due(&world, Timestamp::MAX, 100).await, [("n7".into(), now + seconds(1000))]);
    }
    world.hooks.clear(&[]).await.unwrap();
}

#[tokio::test]
async fn hooks_and_lanes_do_not_meet() {
    let world = World::new().await;
    let mut scheduled = hook("g/h", &[]);
    scheduled.definition.schedule = vec!["0 * * * *".into()];
    scheduled.due_at = Some(now());
    world.hooks.create(&scheduled).await.unwrap();
    world.hooks.wake_at(&name("a"), now()).await.unwrap();

    assert_eq!(due(&world, Timestamp::MAX, 100).await, [("a".into(), now())]);
    let mut names = Vec::new();
    for shard in 0..world.hooks.shards() {
        let page = DueIndex::due(&world.hooks, shard, Timestamp::MAX, None, 100).await.unwrap();
        names.extend(page.hooks.into_iter().map(|hook| hook.name.to_string()));
    }
    assert_eq!(names, ["g/h"]);
    assert_eq!(world.hooks.groups(&all()).await.unwrap().items, ["g"]);
    assert_eq!(world.hooks.list("g", &all()).await.unwrap().items, [scheduled]);
}

#[tokio::test]
async fn a_lane_in_the_stream_is_no_change_of_a_hook() {
    let world = World::new().await;
    world.hooks.wake_at(&name("a"), now()).await.unwrap();
    let read = world.client.get_item().table_name(&world.names.hooks);
    let read = read.key("pk", AttributeValue::S("lane#a".into())).key("sk", AttributeValue::S("due".into()));
    let item = read.send().await.unwrap().item.unwrap();
    let image: serde_json::Map<_, _> = item
        .iter()
        .map(|(name, value)| {
            let value = match value {
                AttributeValue::S(text) => serde_json::json!({"S": text}),
                AttributeValue::N(digits) => serde_json::json!({"N": digits}),
                other => panic!("{other:?}"),
            };
            (name.clone(), value)
        })
        .collect();
    let record = serde_json::json!({"dynamodb": {"NewImage": image, "StreamViewType": "NEW_AND_OLD_IMAGES"}});
    assert_eq!(changes(&record).unwrap(), []);
}
