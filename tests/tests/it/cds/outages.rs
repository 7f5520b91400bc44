//! A CDS that is down.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use treble_tests::{CdsWorld, Trouble, until};

/// How often an execution may fail, here.
const MOST_ERRORS: usize = 2;

fn variables() -> [(&'static str, &'static str); 2] {
    [("CDS_RETRY_ERROR", "2"), ("CDS_EXECUTION_HISTORY", "1000")]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cds_that_is_down_loses_nothing() {
    let mut world = CdsWorld::with(&variables(), &[]).await;
    world.save("u", "WebHook", &json!({})).await;
    world.save("s", "Scheduler", &json!({"cron": "*/2 * * * * * *"})).await;
    world.over(&world.post("u", &json!({"n": "0"})).await).await;

    // First it says that it can't, more often than an execution may fail, then it is not there at all.
    let tries = 30 * (MOST_ERRORS + 1);
    let before = world.cds.asked().len();
    world.cds.runs_have(vec![Trouble::Status(503); 10_000]);
    let mut accepted = Vec::new();
    for n in 1..=30 {
        accepted.push(world.post("u", &json!({"n": n.to_string()})).await);
    }
    until(async || world.cds.asked().len() - before >= tries).await;
    world.cds.go_down();
    until(async || {
        let failed =
            world.executions("u").await.into_iter().filter(|execution| execution["last_error"].is_string());
        let failed: Vec<Value> = failed.collect();
        assert!(failed.iter().all(|execution| execution["nb_errors"] == 0), "{failed:?}");
        // Others are being done just now.
        failed.iter().any(|execution| execution["status"] == "ENQUEUED")
    })
    .await;
    until(async || {
        let refused = |execution: &Value| execution["last_error"].to_string().contains("refused");
        world.executions("s").await.iter().any(refused)
    })
    .await;

    // What is known of the schedule by now must come to be.
    let moments = world.executions("s").await;
    world.kill_and(|_| {});
    for n in 31..=35 {
        accepted.push(world.post("u", &json!({"n": n.to_string()})).await);
    }
    world.cds.runs_have([]);
    world.cds.come_back();

    for execution in accepted.iter().chain(&moments) {
        let over = world.over(execution).await;
        assert_ne!(over["workflow_run"], 0, "{over}");
    }
    let mut said: Vec<u64> =
        world.runs("u").iter().map(|run| run.payload["n"].as_str().unwrap().parse().unwrap()).collect();
    said.sort_unstable();
    assert_eq!(said, (0..=35).collect::<Vec<u64>>());
    // Each run of the schedule is one execution's.
    until(async || {
        let runs: Vec<u64> = world.runs("s").iter().map(|run| run.number).collect();
        let told: BTreeSet<u64> =
            world.done("s").await.iter().filter_map(|execution| execution["workflow_run"].as_u64()).collect();
        runs.iter().all(|number| told.contains(number))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cds_that_was_set_up_anew_is_registered_at_again() {
    let mut world = CdsWorld::with(&variables(), &[]).await;
    world.save("u", "WebHook", &json!({})).await;
    let old = world.cds.auth_header();
    world.cds.forget_services();
    let execution = world.post("u", &json!({"n": 1})).await;
    // It is refused as often as an execution may fail, which does not count.
    until(async || world.cds.asked().len() > MOST_ERRORS).await;
    let line = format!("GET /task/u/execution/{}", execution["timestamp"]);
    // The old hash is good here until the next registration.
    let waiting = world.send(&world.call(&line[..]).header("x-none", "")).await;
    assert_eq!(waiting.status, 401, "the new hash is not known yet");
    world.kill_and(|_| {});
    world.is_known().await;
    let over = world.over(&execution).await;
    assert_eq!((&over["workflow_run"], &over["nb_errors"]), (&json!(1), &json!(0)));
    let refused = treble_tests::Request::to("GET ^/task").anonymously().header("x_auth_header", &old);
    until(async || world.send(&refused).await.status == 401).await;
    assert_eq!(world.cds.registrations().last().unwrap()["name"], "hooks-under-test");
}
