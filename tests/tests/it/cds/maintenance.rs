//! A maintenance: what comes is accepted, and done afterwards.

use serde_json::{Value, json};
use treble_tests::{CdsWorld, until};

#[tokio::test]
async fn a_maintenance_loses_nothing() {
    let mut world = CdsWorld::with(&[("CDS_EXECUTION_HISTORY", "1000")], &[]).await;
    world.save("u", "WebHook", &json!({})).await;
    world.save("s", "Scheduler", &json!({"cron": "*/2 * * * * * *"})).await;
    until(async || !world.runs("s").is_empty()).await;
    let begun = world.ask("POST /admin/maintenance?enable=true").await;
    assert_eq!(begun["maintenance"], true);
    // Beginning it again does not begin it anew.
    assert_eq!(world.ask("POST /admin/maintenance?enable=true").await["since"], begun["since"]);
    let (value, level) = world.status("Maintenance").await;
    assert_eq!((value, &*level), (format!("since {}", begun["since"].as_str().unwrap()), "WARN"));

    let accepted: Vec<Value> =
        vec![world.post("u", &json!({"n": 0})).await, world.post("u", &json!({"n": 1})).await];
    // A moment on a schedule that comes meanwhile waits as well.
    let moment = world.executions("s").await.iter().rev().find(|it| it["status"] == "ENQUEUED").cloned();
    world.kill_and(|_| {});
    let later = world.post("u", &json!({"n": 2})).await;
    for execution in accepted.iter().chain([&later]) {
        let line = format!("GET /task/u/execution/{}", execution["timestamp"]);
        assert_eq!(world.ask(&line).await["status"], "ENQUEUED");
    }
    until(async || world.status("Queue").await.0.parse::<u64>().unwrap() >= 3).await;
    assert_eq!(world.status("Maintenance").await.1, "WARN");
    assert!(world.runs("u").is_empty());

    assert_eq!(world.ask("POST /admin/maintenance?enable=false").await["maintenance"], false);
    for execution in accepted.iter().chain([&later]).chain(&moment) {
        let over = world.over(execution).await;
        assert_ne!(over["workflow_run"], 0, "{over}");
    }
    let mut said: Vec<String> = world.runs("u").iter().map(|run| run.payload["n"].to_string()).collect();
    said.sort();
    assert_eq!(said, ["\"0\"", "\"1\"", "\"2\""]);
    assert_eq!(world.status("Maintenance").await, ("no".to_owned(), "OK".to_owned()));
}

#[tokio::test]
async fn the_command_line_begins_and_ends_one() {
    let world = CdsWorld::start().await;
    world.save("u", "WebHook", &json!({})).await;
    let on = world.cli(&["maintenance", "on"]);
    assert!(on.status.success() && on.printed.contains("Maintenance since "), "{on:?}");
    assert_eq!(world.status("Maintenance").await.1, "WARN");
    let execution = world.post("u", &json!({"n": 1})).await;
    let status = world.cli(&["status", "--json"]);
    let status: Value = serde_json::from_str(&status.printed).unwrap();
    let line = |status: &Value, component: &str| {
        status["lines"]
            .as_array()
            .unwrap()
            .iter()
            .find(|line| line["component"] == component)
            .cloned()
            .unwrap()
    };
    assert_eq!(line(&status, "Maintenance")["status"], "WARN");
    assert_eq!(line(&status, "Registration")["status"], "OK");

    let off = world.cli(&["maintenance", "off"]);
    assert!(off.status.success() && off.printed.contains("no maintenance"), "{off:?}");
    world.over(&execution).await;
    let status = world.cli(&["status"]);
    assert!(status.status.success() && status.printed.contains("Registration"), "{status:?}");
    assert!(!world.cli(&["maintenance", "perhaps"]).status.success());
}
