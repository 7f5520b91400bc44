//! A server that is killed while it delivers.

use std::collections::BTreeSet;
use std::time::Duration;

use treble_tests::{GateWorld, Habit, Received, until};

const EVENTS: [&str; 1] = ["post-add-node"];
const CLUSTERS: usize = 30;

#[tokio::test]
async fn a_kill_loses_nothing_and_keeps_the_order() {
    let mut world = GateWorld::start().await;
    for name in ["one", "failing"] {
        world.set(name, &EVENTS).await;
    }
    world.receiver.behaves("one", Habit::Slow(Duration::from_millis(30)));
    world.receiver.behaves("failing", Habit::Status(503));
    for cluster in 0..CLUSTERS {
        world.tell(&cluster.to_string()).await;
        if cluster == CLUSTERS / 2 {
            // In the middle of it all, what was acknowledged is kept.
            world.kill();
        }
    }
    until(async || world.receiver.taken("one").len() >= CLUSTERS / 3).await;
    world.kill();
    world.receiver.behaves("failing", Habit::Well);
    for name in ["one", "failing"] {
        until(async || world.count(name, "delivered").await == CLUSTERS).await;
        let taken = world.receiver.taken(name);
        // What was under way at a kill comes twice, under the same id.
        let mut ids: Vec<&str> = taken.iter().map(Received::id).collect();
        ids.dedup();
        assert!(ids.is_sorted(), "{name}: {ids:?}");
        let clusters: BTreeSet<&str> =
            taken.iter().map(|received| received.body["cluster_id"].as_str().unwrap()).collect();
        assert_eq!((ids.len(), clusters.len()), (CLUSTERS, CLUSTERS), "{name}");
    }
}
