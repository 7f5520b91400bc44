use serde_json::{Value, json};
use treble_core::cds::Status;

use super::world::{Client, at, node, now, pass};

fn nanoseconds(time: &str) -> i64 {
    i64::try_from(at(&format!("2026-11-27T{time}Z")).as_nanosecond()).unwrap()
}

/// The moments and states of a task's executions.
fn told(task: &Value) -> Vec<(i64, String)> {
    let executions = task["executions"].as_array().unwrap().iter();
    executions
        .map(|one| (one["timestamp"].as_i64().unwrap(), one["status"].as_str().unwrap().into()))
        .collect()
}

#[tokio::test]
async fn what_a_schedule_has_yet_to_come_is_told() {
    let client = Client::with_webhook().await;
    client.send("POST", "/webhook/hook", &[], "").await.ok();
    client.schedule("hook", "2026-11-27T10:03:00Z");
    let task = client.get("/task/hook/execution").await;
    let own = i64::try_from(now().as_nanosecond()).unwrap();
    let expected = [
        (nanoseconds("10:03:00"), "SCHEDULED"),
        (nanoseconds("10:02:00"), "ENQUEUED"),
        (nanoseconds("10:01:00"), "ENQUEUED"),
        (own, "ENQUEUED"),
    ];
    assert_eq!(told(&task), expected.map(|(timestamp, status)| (timestamp, status.to_owned())));
    assert_eq!((&task["nb_executions_todo"], &task["nb_executions_total"]), (&json!(4), &json!(4)));
    assert_eq!(client.get("/task/hook").await, task);
    assert_eq!(told(&client.get("/task/hook?limit=2").await), told(&task)[..2]);
    let path = format!("/task/hook/execution/{}", nanoseconds("10:01:00"));
    let pending = client.get(&path).await;
    assert_eq!(pending, task["executions"][2]);
    assert_eq!(pending["scheduled_task"], json!({"date_scheduled_execution": "2026-11-27T10:01:00Z"}));

    let stopped = client.cds("POST", &format!("{path}/stop"), Value::Null).await.ok();
    assert_eq!((&stopped["status"], &client.get(&path).await), (&json!("DONE"), &stopped));
    let task = client.get("/task/hook").await;
    assert_eq!((told(&task).len(), &task["nb_executions_todo"]), (4, &json!(3)));

    client.cds("POST", "/task/hook/stop", Value::Null).await.ok();
    assert_eq!(client.get("/task/hook").await["nb_executions_todo"], 1);
}

#[tokio::test]
async fn what_has_just_come_is_told_until_it_is_stored() {
    let client = Client::with_webhook().await;
    client.schedule("hook", "2026-11-27T10:03:00Z");
    let has_come = (nanoseconds("10:01:00"), "ENQUEUED".to_owned());
    let path = format!("/task/hook/execution/{}", has_come.0);
    pass(35);
    assert!(told(&client.get("/task/hook").await).contains(&has_come));
    assert_eq!(client.get(&path).await["status"], "ENQUEUED");
    client.send("POST", "/webhook/hook", &[], "").await.ok();
    assert!(
        !told(&client.get("/task/hook").await).contains(&has_come),
        "a newer one was taken from the queue"
    );
    pass(600);
    assert_eq!(told(&client.get("/task/hook").await).len(), 2);
}

#[tokio::test]
async fn what_is_stored_while_it_is_looked_for_is_found() {
    let client = Client::with_webhook().await;
    client.send("POST", "/webhook/hook", &[], "").await.ok();
    let stored = client.world.executions.lock().unwrap().pop_first().unwrap().1;
    let path = format!("/task/hook/execution/{}", stored.created.as_nanosecond());
    *client.world.late.lock().unwrap() = Some(stored);
    assert_eq!(client.get(&path).await["status"], "ENQUEUED");
}

#[tokio::test]
async fn a_scheduler_is_due_by_the_clocks_of_its_zone() {
    let client = Client::new();
    let scheduler = |cron| node("u", "Scheduler", &[("cron", cron), ("timezone", "Europe/Paris")]);
    let task = client.cds("POST", "/task", scheduler("0 12 * * *")).await.ok();
    assert_eq!((&task["type"], &task["nb_executions_todo"]), (&json!("Scheduler"), &json!(1)));
    let noon = vec![(nanoseconds("11:00:00"), "SCHEDULED".to_owned())];
    assert_eq!(told(&client.get("/task/u").await), noon);
    pass(7200);
    client.cds("PUT", "/task/u", scheduler("0 12 * * *")).await.ok();
    assert_eq!(told(&client.get("/task/u").await), noon, "what is due stays due");
    client.cds("PUT", "/task/u", scheduler("0 18 * * *")).await.ok();
    assert_eq!(told(&client.get("/task/u").await), [(nanoseconds("17:00:00"), "SCHEDULED".to_owned())]);
    let message = client.cds("PUT", "/task/u", scheduler("0 25 * * *")).await.error(400);
    assert!(message.starts_with("config cron: "), "{message}");

    let executed = client.cds("POST", "/task/execute", scheduler("0 18 * * *")).await.ok();
    assert_eq!(executed["executions"][0]["scheduled_task"]["date_scheduled_execution"], now().to_string());
    assert_eq!(executed["nb_executions_todo"], 2);
}

#[tokio::test]
async fn an_execution_is_stopped_and_run_again() {
    let client = Client::with_webhook().await;
    let accepted = client.send("POST", "/webhook/hook", &[], "x").await.ok();
    let path = format!("/task/hook/execution/{}", accepted["timestamp"]);
    let post = async |verb: &str| client.cds("POST", &format!("{path}/{verb}"), Value::Null).await.ok();
    let stopped = post("stop").await;
    assert_eq!(stopped["last_error"], "stopped: somebody gave up on it before it was over");
    assert_eq!(
        (&stopped["status"], &stopped["processing_timestamp"]),
        (&json!("DONE"), &accepted["timestamp"])
    );
    assert_eq!(post("stop").await, stopped);
    assert_eq!(post("run").await, accepted);
    let sent = client.sent();
    assert_eq!((sent.len(), &sent[0]), (2, &sent[1]));
    post("run").await;
    assert_eq!(client.sent().len(), 3, "a firing that may be lost is sent again");
    client.change("hook", |execution| {
        (execution.status, execution.errors, execution.run) = (Status::Done, 3, Some(42));
        execution.last_error = Some("no".into());
    });
    let done = client.get(&path).await;
    assert_eq!((&done["nb_errors"], &done["workflow_run"]), (&json!(3), &json!(42)));
    assert_eq!(post("stop").await, done, "what is over stays as it is");
    assert_eq!(post("run").await, accepted);
}

#[tokio::test]
async fn what_is_not_there_can_not_be_stopped() {
    let client = Client::with_webhook().await;
    client.schedule("hook", "2026-11-27T10:03:00Z");
    for (timestamp, status) in [("7", 404), ("-7", 404), ("x", 400), ("99999999999999999999", 400)] {
        let path = format!("/task/hook/execution/{timestamp}");
        client.cds("GET", &path, Value::Null).await.error(status);
        client.cds("POST", &format!("{path}/stop"), Value::Null).await.error(status);
        client.cds("POST", &format!("{path}/run"), Value::Null).await.error(status);
    }
    let path = format!("/task/hook/execution/{}/run", nanoseconds("10:03:00"));
    client.cds("POST", &path, Value::Null).await.error(400);
    client.cds("GET", "/task/nobody/execution/7", Value::Null).await.error(404);
}

#[tokio::test]
async fn all_executions_are_removed() {
    let client = Client::with_webhook().await;
    client.send("POST", "/webhook/hook", &[], "").await.ok();
    let task = client.cds("DELETE", "/task/hook/execution", Value::Null).await.ok();
    assert_eq!((told(&task).len(), &task["nb_executions_total"]), (0, &json!(0)));
}
