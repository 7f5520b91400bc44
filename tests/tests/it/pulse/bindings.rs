//! The broker's queue is bound to what the hooks want, and to nothing else.

use lapin::options::{ExchangeDeleteOptions, QueueDeleteOptions};
use serde_json::json;
use treble_core::ports::BindingLedger as _;

use super::broker::User;
use super::eventually;
use super::world::{World, binding};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bindings_follow_the_hooks() {
    let mut world = World::new().await;
    let user = User::of(&world.broker).await;
    user.declare("e").await;
    world.set("g/sentinel", &[("e", "z")]).await;
    world.set("g/h", &[("e", "a.#"), ("e", "b")]).await;
    world.bridge();
    world.bound_to(&[("e", "a.#"), ("e", "b"), ("e", "z")]).await;
    for key in ["a", "a.b", "b", "c", "z"] {
        user.publish("e", key, "{}").await;
    }
    assert_eq!(world.take_keys(4).await, ["a", "a.b", "b", "z"]);

    world.set("g/h", &[("e", "b"), ("e", "c")]).await;
    world.bound_to(&[("e", "b"), ("e", "c"), ("e", "z")]).await;
    for key in ["a", "b", "c", "z"] {
        user.publish("e", key, "{}").await;
    }
    assert_eq!(world.take_keys(3).await, ["b", "c", "z"]);

    // What another hook wants too stays.
    world.set("g/i", &[("e", "c")]).await;
    world.set("g/h", &[]).await;
    world.bound_to(&[("e", "c"), ("e", "z")]).await;
    for key in ["b", "c", "z"] {
        user.publish("e", key, "{}").await;
    }
    assert_eq!(world.take_keys(2).await, ["c", "z"]);

    // What changes while no bridge runs is found by the next one.
    world.stop().await;
    assert!(!world.health.report().0);
    world.set("g/i", &[]).await;
    world.set("g/j", &[("e", "d")]).await;
    world.bridge();
    world.bound_to(&[("e", "d"), ("e", "z")]).await;
    for key in ["c", "d", "z"] {
        user.publish("e", key, "{}").await;
    }
    assert_eq!(world.take_keys(2).await, ["d", "z"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_bound_is_told_and_heals() {
    let mut world = World::new().await;
    let user = User::of(&world.broker).await;
    user.declare("e").await;
    let long = "x".repeat(256);
    let wanted = [("missing", "#"), ("missing", "a"), ("e", long.as_str()), ("e", "ok"), ("", "x")];
    world.set("g/h", &wanted).await;
    world.bridge();
    let refused =
        |count: usize| (true, json!({"consuming": true, "missingBindings": 0, "refusedBindings": count}));
    eventually("refused bindings", async || (world.health.report() == refused(4)).then_some(())).await;
    for (exchange, pattern, says) in [
        ("missing", "#", Some("NOT_FOUND - no exchange 'missing' in vhost '/'")),
        ("missing", "a", Some("NOT_FOUND - no exchange 'missing' in vhost '/'")),
        ("e", long.as_str(), Some("AMQP has no exchanges or keys of more than 255 bytes")),
        ("", "x", Some("ACCESS_REFUSED")),
        ("e", "ok", None),
    ] {
        let made = world.hooks.find(&binding(exchange, pattern)).await.unwrap().unwrap();
        let problem = made.problem.map(|problem| problem.problem);
        match says {
            None => assert_eq!(problem, None),
            Some(says) => {
                assert!(problem.as_ref().unwrap().contains(says), "{exchange} {pattern}: {problem:?}")
            }
        }
    }
    user.publish("e", "ok", "{}").await;
    assert_eq!(world.take_keys(1).await, ["ok"]);

    user.declare("missing").await;
    eventually("healed bindings", async || (world.health.report() == refused(2)).then_some(())).await;
    assert_eq!(world.hooks.find(&binding("missing", "#")).await.unwrap().unwrap().problem, None);
    user.publish("missing", "any", "{}").await;
    assert_eq!(world.take_keys(1).await, ["any"]);

    world.set("g/h", &[("missing", "#")]).await;
    world.bound_to(&[("missing", "#")]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_broker_loses_is_made_again() {
    let mut world = World::new().await;
    let mut user = User::of(&world.broker).await;
    user.declare("e").await;
    world.set("g/h", &[("e", "#")]).await;
    world.bridge();
    world.bound_to(&[("e", "#")]).await;

    // Its queue: the bridge is told, and makes another.
    user.channel.queue_delete("treble".into(), QueueDeleteOptions::default()).await.unwrap();
    eventually("a message through another queue", async || {
        user.publish("e", "a", "{}").await;
        world.has_taken("a").then_some(())
    })
    .await;

    // Itself, and meanwhile the exchange, whose binding goes with it.
    tokio::task::block_in_place(|| world.broker.stop());
    eventually("it is told", async || (!world.health.report().0).then_some(())).await;
    assert!(world.health.report().1["reason"].as_str().unwrap().contains("the broker is not there"));
    tokio::task::block_in_place(|| world.broker.launch());
    user = User::of(&world.broker).await;
    user.channel.exchange_delete("e".into(), ExchangeDeleteOptions::default()).await.unwrap();
    user.declare("e").await;
    eventually("a message again", async || {
        user.publish("e", "b", "{}").await;
        world.has_taken("b").then_some(())
    })
    .await;
}
