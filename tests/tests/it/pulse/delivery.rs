//! Messages arrive as they were published, and are acknowledged when the queue behind has them.

use std::sync::atomic::Ordering;

use lapin::BasicProperties;
use lapin::options::QueueDeclareOptions;
use lapin::types::{AMQPValue, FieldTable};
use serde_json::{Value, json};

use super::broker::{User, cc};
use super::eventually;
use super::world::World;

/// How many messages wait at the broker for somebody to take them.
async fn waiting(user: &User) -> u32 {
    let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let queue = user.channel.queue_declare("treble".into(), options, FieldTable::default()).await.unwrap();
    queue.message_count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_arrive_as_they_were_published() {
    let mut world = World::new().await;
    let user = User::of(&world.broker).await;
    user.declare("e").await;
    world.set("g/h", &[("e", "#")]).await;
    world.bridge();
    world.bound_to(&[("e", "#")]).await;
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let mut headers = cc(&["route.x", "y"]);
    headers.insert("traceparent".into(), AMQPValue::LongString(traceparent.into()));
    let properties = BasicProperties::default().with_message_id("7".into()).with_headers(headers);
    user.publish_with("e", "a", r#"{"größe": [1.5, null]}"#, properties).await;
    user.publish("e", "b", "no JSON").await;
    user.publish("e", "c", &json!("x".repeat(2000)).to_string()).await;
    let messages = world.take(3).await;
    assert_eq!((messages[0].id.as_str(), messages[0].exchange.as_str()), ("7", "e"));
    assert_eq!(messages[0].cc, ["route.x", "y"]);
    let traces: Vec<_> =
        messages.iter().map(|message| message.trace.map(|trace| trace.to_string())).collect();
    assert_eq!(traces, [Some(traceparent.to_owned()), None, None]);
    assert_eq!(messages[0].payload, json!({"größe": [1.5, null]}));
    let unreadable: Vec<_> = messages.iter().map(|message| message.unreadable.clone()).collect();
    assert_eq!(unreadable[0], None);
    assert!(unreadable[1].as_ref().unwrap().starts_with("the message's body is no JSON"), "{unreadable:?}");
    let large = "the message has 1001 bytes, and a queue takes at most 1000".to_owned();
    assert_eq!((&messages[2].payload, &unreadable[2]), (&Value::Null, &Some(large)));
    world.stop().await;
    assert_eq!(waiting(&user).await, 0, "all were acknowledged");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_queue_behind_does_not_take_stays_at_the_broker() {
    let mut world = World::new().await;
    let user = User::of(&world.broker).await;
    user.declare("e").await;
    world.set("g/h", &[("e", "#")]).await;
    world.bridge();
    world.bound_to(&[("e", "#")]).await;
    world.taken.refuses.store(true, Ordering::Relaxed);
    for number in 0..300 {
        user.publish("e", &format!("{number:03}"), "{}").await;
    }
    eventually("it is told", async || {
        let (well, report) = world.health.report();
        (!well && report["reason"] == "the queue is unavailable: busy").then_some(())
    })
    .await;
    // Two hundred are with the bridge; the rest waits.
    eventually("the broker keeps the rest", async || (waiting(&user).await == 100).then_some(())).await;
    world.taken.refuses.store(false, Ordering::Relaxed);
    let keys = world.take_keys(300).await;
    let expected: Vec<String> = (0..300).map(|number| format!("{number:03}")).collect();
    assert_eq!(keys, expected, "each once");
    assert!(world.health.report().0);
}
