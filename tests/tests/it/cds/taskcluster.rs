//! What Taskcluster's clients see of tasks.

use serde_json::{Value, json};
use treble_tests::{CdsWorld, Request, definition};

#[tokio::test]
async fn tasks_are_hooks_that_are_shown_and_not_touched() {
    let world = CdsWorld::start().await;
    world.save("u", "WebHook", &json!({"secret": "s3cret"})).await;
    world.save("s", "Scheduler", &json!({"cron": "@daily", "timezone": "Europe/Paris"})).await;
    let send = async |request: Request| request.send(world.server()).await;
    let groups = send(Request::to("GET /hooks")).await.ok();
    assert!(groups["groups"].as_array().unwrap().contains(&json!("cds")), "{groups}");
    let hooks = send(Request::to("GET /hooks/cds")).await.ok();
    let ids: Vec<&Value> = hooks["hooks"].as_array().unwrap().iter().map(|hook| &hook["hookId"]).collect();
    assert_eq!(ids, ["s", "u"]);
    assert!(!hooks.to_string().contains("s3cret"), "{hooks}");

    for request in [
        Request::to("POST /hooks/cds/u").json(&definition()),
        Request::to("DELETE /hooks/cds/u"),
        Request::to("POST /hooks/cds/u/trigger").json(&json!({})),
    ] {
        let refused = send(request.clone()).await;
        assert!((400..500).contains(&refused.status), "{:?}: {}", request.target(), refused.text());
        assert!(refused.error().1.contains("task of CDS"), "{:?}: {}", request.target(), refused.text());
    }
    assert_eq!(world.ask("GET /task").await.as_array().unwrap().len(), 2);

    let execution = world.over(&world.post("u", &json!({})).await).await;
    assert_eq!(execution["workflow_run"], 1);
    let fires = world.server().last_fires("cds/u").await;
    assert_eq!(fires.len(), 1, "{fires:?}");
    assert_eq!(fires[0]["result"], "success", "{fires:?}");
    let status = send(Request::to("GET /hooks/cds/s/status")).await.ok();
    assert!(status["nextScheduledDate"].is_string(), "{status}");
}
