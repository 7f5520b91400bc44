//! Executions that fail, are kept, are skipped and are done again.

use jiff::SignedDuration;
use serde_json::{Value, json};
use treble_tests::{CdsWorld, Trouble, until};

/// How long executions wait that failed, here.
const DELAY: SignedDuration = SignedDuration::from_secs(1);

#[tokio::test]
async fn what_fails_is_tried_again_until_it_is_given_up_and_then_by_hand() {
    let world = CdsWorld::with(&[("CDS_RETRY_ERROR", "3")], &[]).await;
    world.save("u", "WebHook", &json!({})).await;
    world.cds.runs_have([Trouble::Status(500); 3]);
    let given_up = world.over(&world.post("u", &json!({"a": 1})).await).await;
    assert_eq!(given_up["nb_errors"], 3);
    assert_eq!(given_up["last_error"], "CDS answered 500: trouble");
    assert_eq!(given_up["workflow_run"], 0);
    assert_ne!(given_up["processing_timestamp"], 0);
    let asked = world.cds.asked();
    assert_eq!(asked.len(), 3);
    for pair in asked.windows(2) {
        assert!(pair[1].duration_since(pair[0]) >= DELAY, "{asked:?}");
    }

    // Once is enough of what goes well the second time.
    world.cds.runs_have([Trouble::Status(500)]);
    let well = world.over(&world.post("u", &json!({"a": 2})).await).await;
    assert_eq!((&well["nb_errors"], &well["workflow_run"]), (&json!(1), &json!(1)));
    assert_eq!(well.get("last_error"), None);

    let line = format!("POST /task/u/execution/{}/run", given_up["timestamp"]);
    let again = world.ask(&line).await;
    assert_eq!((&again["status"], &again["nb_errors"]), (&json!("ENQUEUED"), &json!(0)));
    let over = world.over(&again).await;
    assert_eq!((&over["workflow_run"], &over["timestamp"]), (&json!(2), &given_up["timestamp"]));
    assert_eq!(over.get("last_error"), None);
    assert_eq!(world.runs("u")[1].payload["a"], "1");
}

#[tokio::test]
async fn the_newest_that_are_over_are_kept() {
    let world = CdsWorld::with(&[("CDS_EXECUTION_HISTORY", "3")], &[]).await;
    world.save("u", "WebHook", &json!({})).await;
    let mut timestamps = Vec::new();
    for n in 0..8 {
        let execution = world.post("u", &json!({"n": n})).await;
        timestamps.insert(0, world.over(&execution).await["timestamp"].clone());
    }
    until(async || world.executions("u").await.len() <= 3).await;
    let kept: Vec<Value> =
        world.executions("u").await.iter().map(|execution| execution["timestamp"].clone()).collect();
    assert_eq!(kept, timestamps[..3]);
    let task = world.ask("GET /task/u").await;
    assert_eq!((&task["nb_executions_total"], &task["nb_executions_todo"]), (&json!(3), &json!(0)));
    assert_eq!(world.runs("u").len(), 8);

    world.ask("DELETE /task/u/execution").await;
    assert_eq!(world.executions("u").await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_stopped_task_skips_and_says_so() {
    let mut world = CdsWorld::start().await;
    world.save("u", "WebHook", &json!({})).await;
    world.save("s", "Scheduler", &json!({"cron": "0 0 1 1 *"})).await;
    world.cds.go_down();
    let waiting = world.post("u", &json!({"n": 1})).await;
    for uuid in ["u", "s"] {
        assert_eq!(world.ask(&format!("POST /task/{uuid}/stop")).await["stopped"], true);
    }
    assert_eq!(world.executions("s").await, Vec::<Value>::new());
    // What waited is skipped as well as what comes.
    let skipped = world.over(&waiting).await;
    assert_eq!(skipped["last_error"], "skipped: the task is stopped");
    let skipped = world.post("u", &json!({"n": 2})).await;
    assert_eq!(
        (&skipped["status"], &skipped["last_error"]),
        (&json!("DONE"), &json!("skipped: the task is stopped"))
    );

    world.cds.come_back();
    assert_eq!(world.ask("GET /task/u").await["stopped"], true);
    assert_eq!(world.tell("POST /task/bulk/start", &json!({})).await["tasks"], 2);
    let over = world.over(&world.post("u", &json!({"n": 3})).await).await;
    assert_eq!(over["workflow_run"], 1);
    // What was skipped is not lost: it can be done still.
    let line = format!("POST /task/u/execution/{}/run", skipped["timestamp"]);
    assert_eq!(world.over(&world.ask(&line).await).await["workflow_run"], 2);
    let said: Vec<Value> = world.runs("u").iter().map(|run| run.payload["n"].clone()).collect();
    assert_eq!(said, ["3", "2"]);
    assert_eq!(world.executions("s").await[0]["status"], "SCHEDULED");
}

#[tokio::test]
async fn an_execution_that_somebody_gave_up_on_does_not_run() {
    let mut world = CdsWorld::start().await;
    world.save("u", "WebHook", &json!({})).await;
    world.cds.go_down();
    let first = world.post("u", &json!({"n": 1})).await;
    let stopped = world.ask(&format!("POST /task/u/execution/{}/stop", first["timestamp"])).await;
    assert_eq!(stopped["status"], "DONE");
    assert!(stopped["last_error"].as_str().unwrap().starts_with("stopped: "));
    world.cds.come_back();
    world.over(&world.post("u", &json!({"n": 2})).await).await;
    assert_eq!(world.runs("u").len(), 1);

    // A task that is run at once, whatever it is for.
    let node = treble_tests::node_hook(
        "x",
        "Scheduler",
        &json!({"cron": "@yearly", "payload": "{\"A\": {\"b\": 1}}"}),
    );
    world.knows(&node);
    let task = world.tell("POST /task/execute", &node).await;
    assert_eq!(world.over(&task["executions"][0]).await["workflow_run"], 2);
    assert_eq!(world.runs("x")[0].payload["a.b"], "1");
}
