//! What happens to hooks is told to the broker's other users.

use std::time::Duration;

use serde_json::{Value, json};
use treble_core::ports::ChangeQueue as _;
use treble_core::pulse::EXCHANGES;

use super::broker::{User, next};
use super::eventually;
use super::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_of_hooks_are_published() {
    let mut world = World::new().await;
    let user = User::of(&world.broker).await;
    let mut listeners = Vec::new();
    for exchange in EXCHANGES {
        user.declare(exchange).await;
        listeners.push(user.listen(exchange).await);
    }
    world.set("g/a/b", &[("e", "#")]).await;
    world.bridge();
    world.set("g/a/b", &[("e", "x")]).await;
    world.set("g/a/b", &[]).await;
    for listener in &mut listeners {
        let (key, body) = next(listener).await;
        assert_eq!(key, "");
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body, json!({"hookGroupId": "g", "hookId": "a/b"}));
    }
    // Changes that come while the broker is away are published when it is back.
    tokio::task::block_in_place(|| world.broker.stop());
    eventually("it is told", async || (!world.health.report().0).then_some(())).await;
    world.set("g/late", &[("e", "#")]).await;
    tokio::task::block_in_place(|| world.broker.launch());
    let user = User::of(&world.broker).await;
    user.declare("e").await;
    world.bound_to(&[("e", "#")]).await;
    eventually("all are published", async || {
        let waiting = tokio::time::timeout(Duration::from_millis(100), world.changes.receive());
        waiting.await.is_err().then_some(())
    })
    .await;
}
