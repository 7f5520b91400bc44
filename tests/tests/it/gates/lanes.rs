//! Integrators hold up no others.

use std::time::Duration;

use serde_json::json;
use treble_tests::{GateWorld, Habit, until};

const EVENTS: [&str; 1] = ["post-add-node"];
/// How many servers hang.
const HANGING: usize = 40;
/// For longer than the longest timeout that there is.
const FOR: Duration = Duration::from_secs(60);

#[tokio::test]
async fn servers_that_hang_or_fail_hold_up_nobody_else() {
    let world = GateWorld::start().await;
    for number in 0..HANGING {
        let (hanging, failing) = (format!("a-hanging-{number}"), format!("a-failing-{number}"));
        world.receiver.behaves(&hanging, Habit::Slow(FOR));
        world.receiver.behaves(&failing, Habit::Status(500));
        world.set_with(&hanging, &EVENTS, &json!({"timeoutMs": 25_000})).await;
        world.set(&failing, &EVENTS).await;
    }
    world.set("healthy", &EVENTS).await;
    for cluster in ["1", "2", "3"] {
        world.tell(cluster).await;
        until(async || world.receiver.taken("healthy").len().to_string() == cluster).await;
    }
    // All of that while none of the others has given up on its first one.
    for number in 0..HANGING {
        let hanging = world.deliveries(&format!("a-hanging-{number}")).await;
        let attempts: Vec<_> = hanging.iter().map(|delivery| delivery["attemptCount"].as_u64()).collect();
        assert_eq!(attempts, [Some(0), Some(0), Some(0)], "{number}");
    }
}
