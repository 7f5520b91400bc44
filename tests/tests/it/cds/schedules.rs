//! Tasks that run by a schedule.

use serde_json::{Value, json};
use treble_tests::{CdsWorld, Trouble, until};

const EACH_TWO_SECONDS: &str = "*/2 * * * * * *";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_execution_is_seen_from_its_schedule_to_its_run() {
    let world = CdsWorld::with(&[("CDS_EXECUTION_HISTORY", "1000")], &[]).await;
    // Long enough to be seen.
    world.cds.runs_have(vec![Trouble::Slow(std::time::Duration::from_secs(1)); 1000]);
    let config = json!({
        "cron": "*/5 * * * * * *", "timezone": "Europe/Paris", "payload": "{\"Branch\": \"main\", \"l\": [1]}",
        "extra": "x",
    });
    let task = world.save("s", "Scheduler", &config).await;
    assert_eq!((&task["type"], &task["nb_executions_todo"]), (&json!("Scheduler"), &json!(1)));
    let scheduled = async || {
        let executions = world.executions("s").await;
        executions.first().filter(|execution| execution["status"] == "SCHEDULED").cloned()
    };
    until(async || scheduled().await.is_some()).await;
    let execution = scheduled().await.unwrap();
    assert!(execution["scheduled_task"]["date_scheduled_execution"].is_string(), "{execution}");
    let line = format!("GET /task/s/execution/{}", execution["timestamp"]);
    let mut seen: Vec<Value> = vec![json!("SCHEDULED")];
    until(async || {
        let status = world.ask(&line).await["status"].clone();
        if seen.last() != Some(&status) {
            seen.push(status);
        }
        seen.last() == Some(&json!("DONE"))
    })
    .await;
    assert_eq!(seen, ["SCHEDULED", "ENQUEUED", "DOING", "DONE"]);
    let over = world.ask(&line).await;
    let run = world.runs("s").into_iter().find(|run| over["workflow_run"] == run.number).unwrap();
    assert!(
        run.at.as_nanosecond() >= i128::from(execution["timestamp"].as_i64().unwrap()),
        "it ran too early"
    );
    assert!(over["processing_timestamp"].as_i64() > execution["timestamp"].as_i64(), "{over}");
    let expected = json!({
        "branch": "main", "l.l0": "1", "payload": "{\"Branch\": \"main\", \"l\": [1]}", "extra": "x",
        "cds.triggered_by.username": "cds.scheduler", "cds.triggered_by.fullname": "CDS Scheduler",
    });
    assert_eq!(run.payload, expected);
    assert_eq!((&*run.project, &*run.workflow), ("KEY", "w"));

    for (cron, timezone, mentions) in [("* *", "", "cron"), ("* * * * *", "Mars/Base", "Mars/Base")] {
        let node = treble_tests::node_hook("x", "Scheduler", &json!({"cron": cron, "timezone": timezone}));
        let refused = world.send(&world.call("POST /task").json(&node)).await;
        assert_eq!(refused.status, 400, "{}", refused.text());
        assert!(refused.text().contains(mentions), "{}", refused.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redeploy_loses_no_schedule() {
    let mut world = CdsWorld::with(&[("CDS_EXECUTION_HISTORY", "1000")], &[]).await;
    world.save("s", "Scheduler", &json!({"cron": EACH_TWO_SECONDS})).await;
    for _ in 0..2 {
        let begun = world.runs("s").len();
        until(async || world.runs("s").len() > begun).await;
        // What is over, what waits, and the moment after it.
        let moments = world.executions("s").await;
        assert!(moments.iter().any(|execution| execution["status"] == "ENQUEUED"), "{moments:?}");
        world.kill_and(|_| {});
        for moment in &moments {
            assert_ne!(world.over(moment).await["workflow_run"], 0);
        }
        let last = moments[0]["timestamp"].as_i64();
        until(async || world.done("s").await[0]["timestamp"].as_i64() > last).await;
    }
    // Each ran once.
    let executions = world.done("s").await;
    let mut numbers: Vec<u64> =
        executions.iter().map(|execution| execution["workflow_run"].as_u64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<u64>>());
}
