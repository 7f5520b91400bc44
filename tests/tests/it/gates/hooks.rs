//! The same gates in front of hooks of our own.

use serde_json::{Value, json};
use treble_tests::{GateWorld, Habit, Request, definition, until};

const PATH: &str = "/hooks/g/h";

fn create() -> Request {
    Request::to(&format!("PUT {PATH}")).json(&definition())
}

fn trigger() -> Request {
    Request::to(&format!("POST {PATH}/trigger")).json(&json!({"a": 1}))
}

fn refuses(reason: &str) -> Habit {
    Habit::Says(json!({"approved": false, "reason": reason}).to_string())
}

#[tokio::test]
async fn integrators_are_asked_before_and_told_after() {
    let world = GateWorld::with(&["--hook-gates"]).await;
    let events = [
        "pre-create-hook",
        "post-create-hook",
        "pre-update-hook",
        "post-update-hook",
        "pre-trigger-hook",
        "post-trigger-hook",
        "post-fire",
    ];
    world.set("one", &events).await;
    world.send(&create()).await.ok();
    world.send(&Request::to(&format!("POST {PATH}")).json(&definition())).await.ok();
    let task_id = world.send(&trigger()).await.ok()["status"]["taskId"].clone();
    until(async || world.receiver.received_at("one", "post-fire").len() == 1).await;
    let body = |event: &str| {
        let received = world.receiver.received_at("one", event);
        assert_eq!(received.len(), 1, "{event}");
        received[0].body.clone()
    };
    for event in events {
        let body = body(event);
        assert_eq!((&body["hook_group_id"], &body["hook_id"]), (&json!("g"), &json!("h")), "{event}");
        assert_eq!(body["client_id"], "root", "{event}");
    }
    assert_eq!(body("pre-create-hook")["hook"]["metadata"]["description"], "d");
    for event in ["pre-trigger-hook", "post-trigger-hook", "post-fire"] {
        let body = body(event);
        assert_eq!((&body["task_id"], &body["fired_by"]), (&task_id, &json!("triggerHook")), "{event}");
    }
    assert_eq!(body("pre-trigger-hook")["payload"], json!({"a": 1}));
    assert_eq!(
        (&body("post-fire")["result"], &body("post-fire")["error"]),
        (&json!("success"), &Value::Null)
    );
    assert!(body("post-trigger-hook")["work_id"].is_string());
}

#[tokio::test]
async fn a_refusal_is_a_403() {
    let world = GateWorld::with(&["--hook-gates"]).await;
    world.set("one", &["pre-create-hook", "pre-update-hook", "pre-trigger-hook", "post-fire"]).await;
    world.receiver.next("one", [refuses("not on Fridays")]);
    let assert_refused = async |request: &Request| {
        let reply = world.send(request).await;
        let (code, message) = reply.error();
        assert_eq!((reply.status, &*code), (403, "RefusedByGate"), "{message}");
        assert!(message.contains("one") && message.contains("not on Fridays"), "{message}");
    };
    assert_refused(&create()).await;
    assert_eq!(world.send(&Request::to(&format!("GET {PATH}"))).await.status, 404);
    world.send(&create()).await.ok();
    world.receiver.behaves("one", refuses("not on Fridays"));
    let mut changed = definition();
    changed["metadata"]["description"] = json!("changed");
    assert_refused(&Request::to(&format!("POST {PATH}")).json(&changed)).await;
    assert_eq!(world.send(&Request::to(&format!("GET {PATH}"))).await.ok()["metadata"]["description"], "d");
    assert_refused(&trigger()).await;
    // It is on record, and told; there is no task.
    until(async || world.receiver.received_at("one", "post-fire").len() == 1).await;
    let told = world.receiver.received_at("one", "post-fire")[0].body.clone();
    assert_eq!(told["result"], "error");
    assert!(told["error"].to_string().contains("not on Fridays"), "{told}");
    let fires = world.send(&Request::to(&format!("GET {PATH}/last-fires"))).await.ok();
    assert_eq!(fires["lastFires"][0]["result"], "error");
    assert!(world.server().tasks().await.is_empty());
    // By its token it is the same.
    let token = world.send(&Request::to(&format!("GET {PATH}/token"))).await.ok()["token"].clone();
    let by_token = Request::to(&format!("POST {PATH}/trigger/{}", token.as_str().unwrap()));
    assert_refused(&by_token.anonymously().json(&json!({}))).await;
}

#[tokio::test]
async fn schedules_have_gates_too() {
    let world = GateWorld::with(&["--hook-gates"]).await;
    world.set("one", &["pre-trigger-hook"]).await;
    world.receiver.behaves("one", refuses("never"));
    let mut scheduled = definition();
    scheduled["schedule"] = json!(["* * * * * *"]);
    world.send(&Request::to(&format!("PUT {PATH}")).json(&scheduled)).await.ok();
    until(async || world.receiver.received().len() >= 2).await;
    assert_eq!(world.receiver.received()[0].body["fired_by"], "schedule");
    until(async || {
        let fires = world.send(&Request::to(&format!("GET {PATH}/last-fires"))).await;
        fires.status == 200 && fires.json()["lastFires"][0]["error"].to_string().contains("never")
    })
    .await;
    assert!(world.server().tasks().await.is_empty());
    // Nobody is mailed for that.
    assert!(!world.server().data().join("mailbox.txt").exists());
}

#[tokio::test]
async fn without_the_option_hooks_have_none() {
    let world = GateWorld::start().await;
    world.set("one", &["pre-create-hook", "pre-trigger-hook", "post-fire", "post-add-node"]).await;
    world.receiver.behaves("one", refuses("never"));
    world.send(&create()).await.ok();
    world.send(&trigger()).await.ok();
    world.tell("1").await;
    until(async || !world.receiver.received().is_empty()).await;
    assert_eq!(world.receiver.received()[0].event, "post-add-node");
}
