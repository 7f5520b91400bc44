//! Events that are delivered more than once.

use futures_util::future::join_all;
use serde_json::{Value, json};
use treble_tests::{CdsWorld, Request};

fn delivery(uuid: &str, header: &str, id: &str) -> Request {
    let body = json!({"ref": "refs/heads/main", "after": "abcdef0123", "id": id});
    let request = Request::to(&format!("POST ^/webhook/{uuid}")).anonymously();
    request.header("x-github-event", "push").header(header, id).json(&body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_is_delivered_again_runs_once() {
    let mut world = CdsWorld::start().await;
    let senders =
        [("repository", "RepositoryWebHook", "x-github-delivery"), ("any", "WebHook", "webhook-id")];
    for (uuid, model, header) in senders {
        world.save(uuid, model, &json!({})).await;
        let first = delivery(uuid, header, "1");
        let replies = join_all((0..10).map(|_| first.sending(world.server()))).await;
        let accepted: Vec<Value> = replies.iter().map(treble_tests::Reply::ok).collect();
        let timestamps: Vec<&Value> = accepted.iter().map(|execution| &execution["timestamp"]).collect();
        assert!(timestamps.iter().all(|timestamp| *timestamp == timestamps[0]), "{timestamps:?}");
        world.over(&accepted[0]).await;

        // Nor when it comes after it is over.
        let again = world.send(&first).await.ok();
        assert_eq!((&again["timestamp"], &again["status"]), (timestamps[0], &json!("DONE")));
        let other = world.send(&delivery(uuid, header, "2")).await.ok();
        assert_ne!(&other["timestamp"], timestamps[0]);
        world.over(&other).await;
        assert_eq!(world.runs(uuid).len(), 2);
    }
    // Nor when another process takes it.
    world.kill_and(|_| {});
    for (uuid, _, header) in senders {
        let again = world.send(&delivery(uuid, header, "1")).await.ok();
        assert_eq!(again["status"], "DONE");
        world.over(&world.send(&delivery(uuid, header, "3")).await.ok()).await;
        assert_eq!(world.executions(uuid).await.len(), 3);
        let said: Vec<Value> = world
            .runs(uuid)
            .iter()
            .map(|run| serde_json::from_str::<Value>(run.payload["payload"].as_str().unwrap()).unwrap())
            .map(|event| event["id"].clone())
            .collect();
        assert_eq!(said, ["1", "2", "3"]);
    }
}

#[tokio::test]
async fn what_has_no_name_runs_each_time() {
    let world = CdsWorld::start().await;
    world.save("u", "WebHook", &json!({})).await;
    for _ in 0..2 {
        world.over(&world.post("u", &json!({"a": 1})).await).await;
    }
    assert_eq!(world.runs("u").len(), 2);
}
