//! What integrators are told: each once, in order, whatever happens to their servers meanwhile.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use treble_tests::{GateWorld, Habit, Received, until};

const EVENTS: [&str; 1] = ["post-add-node"];

fn clusters(received: &[Received]) -> Vec<&str> {
    received.iter().map(|received| received.body["cluster_id"].as_str().unwrap()).collect()
}

fn moment(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_server_that_fails_and_recovers_is_told_each_once_and_in_order() {
    let world = GateWorld::start().await;
    world.set("one", &EVENTS).await;
    world.receiver.next("one", [Habit::Status(503), Habit::Lost]);
    let expected: Vec<String> = (0..40).map(|number| number.to_string()).collect();
    for cluster in &expected[..20] {
        world.tell(cluster).await;
    }
    // While it is not there at all, more comes.
    until(async || world.receiver.received().len() == 2).await;
    world.receiver.go_down();
    for cluster in &expected[20..] {
        world.tell(cluster).await;
    }
    let lane = async || world.get("/integrators/one").await["lane"].clone();
    until(async || lane().await["lastError"].to_string().contains("refused")).await;
    world.receiver.come_back();
    until(async || world.receiver.taken("one").len() >= expected.len()).await;

    let taken = world.receiver.taken("one");
    assert_eq!(clusters(&taken), expected);
    let ids: Vec<&str> = taken.iter().map(Received::id).collect();
    assert!(ids.is_sorted() && ids.iter().all(|id| id.starts_with("msg_")), "{ids:?}");
    until(async || world.count("one", "delivered").await == expected.len()).await;
    // How the lane is, is written when nothing waits in it any more.
    until(async || lane().await == json!({"failures": 0})).await;

    // Each attempt at the first one is on record.
    let all = world.receiver.received();
    assert!(all[..3].iter().all(|received| received.id() == ids[0]));
    let delivery = world.get(&format!("/integrators/one/deliveries/{}", ids[0])).await;
    assert_eq!((&delivery["status"], &delivery["body"]["cluster_id"]), (&json!("delivered"), &json!("0")));
    let attempts = delivery["attempts"].as_array().unwrap();
    assert_eq!(delivery["attemptCount"], attempts.len());
    assert_eq!((&attempts[0]["status"], &attempts[0]["error"]), (&json!(503), &json!("it answered 503")));
    assert_eq!(attempts[0]["reply"], "{\"trouble\":503}");
    assert_eq!((attempts[1].get("status"), attempts.last().unwrap()["status"].as_u64()), (None, Some(200)));
    assert!(attempts.windows(2).all(|pair| moment(&pair[0]["at"]) < moment(&pair[1]["at"])), "{attempts:?}");
}

#[tokio::test]
async fn a_server_that_says_when_is_left_alone_until_it_is_probed() {
    let world = GateWorld::start().await;
    world.set("one", &EVENTS).await;
    world.receiver.next("one", [Habit::RetryAfter(429, "1200".into())]);
    world.tell("1").await;
    world.tell("2").await;
    until(async || world.get("/integrators/one").await["lane"]["nextAttempt"].is_string()).await;
    let lane = world.get("/integrators/one").await["lane"].clone();
    assert_eq!((&lane["failures"], &lane["lastError"]), (&json!(1), &json!("it answered 429")));
    let tried = world.receiver.received();
    assert_eq!(tried.len(), 1);
    let wait = moment(&lane["nextAttempt"]).duration_since(tried[0].at);
    assert!(wait > SignedDuration::from_secs(1190) && wait < SignedDuration::from_secs(1260), "{wait:?}");

    // A server that answers to a probe is told at once.
    let probe = GateWorld::admin("POST /integrators/one/probe");
    world.receiver.next("one", [Habit::Status(500)]);
    let reply = world.send(&probe).await.ok();
    assert_eq!((&reply["reached"], &reply["status"]), (&json!(false), &json!(500)));
    assert_eq!(world.get("/integrators/one").await["lane"], lane);
    let reply = world.send(&probe).await.ok();
    assert_eq!((&reply["reached"], &reply["status"], reply.get("error")), (&json!(true), &json!(200), None));
    until(async || world.count("one", "delivered").await == 2).await;
    let taken = world.receiver.received_at("one", "post-add-node");
    assert_eq!(clusters(&taken), ["1", "1", "2"]);
    let probes = world.receiver.received_at("one", "probe");
    assert_eq!((probes.len(), &probes[0].body), (2, &json!({})));
}

#[tokio::test]
async fn what_is_not_wanted_is_dead_and_can_be_sent_again() {
    let world = GateWorld::start().await;
    world.set("one", &EVENTS).await;
    let gone = || Habit::Status(410);
    world.receiver.next("one", [gone(), Habit::Well, gone(), gone(), Habit::Well]);
    for cluster in ["1", "2", "3", "4", "5"] {
        world.tell(cluster).await;
    }
    // It is dead at once, and the others go on.
    until(async || world.count("one", "delivered").await == 2).await;
    let dead = world.get("/integrators/one/deliveries?status=dead").await["deliveries"].clone();
    let of = |key: &str| -> Vec<Value> {
        dead.as_array().unwrap().iter().map(|delivery| delivery[key].clone()).collect()
    };
    assert_eq!(of("lastError"), ["it answered 410"; 3]);
    assert_eq!(clusters(&world.receiver.taken("one")), ["2", "5"]);

    // One by one...
    let ids = of("deliveryId");
    let resend = |id: &Value| {
        GateWorld::admin(&format!("POST /integrators/one/deliveries/{}/resend", id.as_str().unwrap()))
    };
    let reply = world.send(&resend(&ids[1])).await.ok();
    assert_eq!(reply["deliveryId"], ids[1]);
    until(async || world.receiver.taken("one").len() == 3).await;
    let again = world.receiver.taken("one").pop().unwrap();
    assert_eq!((again.id(), clusters(std::slice::from_ref(&again))), (ids[1].as_str().unwrap(), vec!["3"]));
    // ...or all since a moment, in order.
    let recover = GateWorld::admin("POST /integrators/one/deliveries/recover");
    let since = |since: Timestamp| recover.clone().json(&json!({ "since": since }));
    assert_eq!(world.send(&since(Timestamp::now())).await.ok()["recovered"], 0);
    assert_eq!(world.send(&since("2026-01-01T00:00:00Z".parse().unwrap())).await.ok()["recovered"], 2);
    until(async || world.count("one", "delivered").await == 5).await;
    assert_eq!(clusters(&world.receiver.taken("one")), ["2", "5", "3", "1", "4"]);
    // What was taken can be sent again as well.
    let reply = world.send(&resend(&ids[0])).await.ok();
    assert_eq!(reply["deliveryId"], ids[0]);
    until(async || world.receiver.taken("one").len() == 6).await;
}

#[tokio::test]
async fn an_integrator_that_is_removed_is_told_nothing_more() {
    let world = GateWorld::start().await;
    world.set("one", &EVENTS).await;
    world.receiver.go_down();
    world.tell("1").await;
    until(async || world.get("/integrators/one").await["lane"]["failures"] != 0).await;
    assert_eq!(world.send(&GateWorld::admin("DELETE /integrators/one")).await.status, 200);
    until(async || world.count("one", "dead").await == 1).await;
    world.receiver.come_back();
    world.tell("2").await;
    // Whoever has its name then begins anew.
    world.set("one", &EVENTS).await;
    world.tell("3").await;
    until(async || world.count("one", "delivered").await == 1).await;
    assert_eq!(clusters(&world.receiver.received()), ["3"]);
}
