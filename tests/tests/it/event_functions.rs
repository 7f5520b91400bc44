//! The functions that no request wakes, each with the events that AWS would wake it with; on an emulated AWS only.

use serde_json::{Value, json};
use treble_tests::{Aws, Deployment, Lambda, Server, queue_event};

/// A server that only answers requests, and what the functions find in their environment.
async fn start(sink: Option<&str>) -> Option<(Server, Vec<(String, String)>)> {
    let aws = Aws::from_env()?;
    let mut environment = aws.environment();
    let sink = sink.map_or_else(|| format!("sqs:{}", aws.queue_url()), str::to_owned);
    environment.push(("TREBLE_SINK".into(), sink));
    environment.push(("TREBLE_ROOT_URL".into(), "https://hooks.example.com".into()));
    environment.push(("TASKCLUSTER_CLIENT_ID".into(), treble_tests::CLIENT_ID.into()));
    environment.push(("TASKCLUSTER_ACCESS_TOKEN".into(), treble_tests::ACCESS_TOKEN.into()));
    Some((Server::on(Some(aws), &[]).await, environment))
}

fn failures(reply: &Value) -> Vec<&str> {
    let failures = reply["batchItemFailures"].as_array().unwrap();
    failures.iter().map(|failure| failure["itemIdentifier"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_tick_sends_what_is_due_once() {
    let Some((server, environment)) = start(None).await else { return };
    server.schedule("g/often", &["*/30 * * * * *"]).await;
    server.schedule("g/rarely", &["0 0 29 2 *"]).await;
    let aws = server.aws().unwrap();
    let tick = Lambda::start("tick", &environment);
    let event = json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}});
    assert_eq!(tick.invoke(&event), Value::Null);
    let (ready, delayed) = aws.depth(&aws.firings_url()).await;
    assert!((4..=5).contains(&(ready + delayed)), "{ready} {delayed}");
    tick.invoke(&event);
    let (again_ready, again_delayed) = aws.depth(&aws.firings_url()).await;
    // Half a minute may begin between the two.
    assert!(again_ready + again_delayed <= ready + delayed + 1);
    let metric = tick.log().lines().find(|line| line.contains("\"TickLag\"")).map(str::to_owned).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&metric).unwrap()["TickSent"], ready + delayed);
}

fn firing(task_id: &str, hook: &str, created: &str) -> String {
    json!({"taskId": task_id, "hook": hook, "firedBy": "schedule", "created": created}).to_string()
}

const TASK: &str = "BwcHBwcHRweHBwcHBwcHBw";

#[tokio::test]
async fn a_message_fires_its_hook_once_and_a_bad_one_holds_up_no_other() {
    let Some((server, environment)) = start(None).await else { return };
    server.schedule("g/h", &["* * * * * *"]).await;
    let fire = Lambda::start("fire", &environment);
    let soon = "2030-01-01T00:00:00Z";
    let messages = queue_event(&[
        ("good", &firing(TASK, "g/h", soon)),
        ("poisoned", "nonsense"),
        ("gone", &firing("CAgICAgISAiICAgICAgICA", "g/gone", soon)),
        ("twice", &firing(TASK, "g/h", soon)),
        ("off schedule", &firing("CAgICAgISAiICAgICAgICA", "g/h", "2030-01-01T00:00:00.5Z")),
    ]);
    assert_eq!(failures(&fire.invoke(&messages)), ["poisoned"]);
    assert_eq!(failures(&fire.invoke(&messages)), ["poisoned"]);
    let fires = server.last_fires("g/h").await;
    assert_eq!(fires.len(), 1, "{fires:?}");
    assert_eq!((&fires[0]["taskId"], &fires[0]["result"]), (&json!(TASK), &json!("success")));
}

#[tokio::test]
async fn what_the_queue_gave_up_is_recorded_and_can_be_sent_again() {
    let deployment = Deployment::start();
    let sink = format!("taskcluster:{}", deployment.root_url());
    let Some((server, environment)) = start(Some(&sink)).await else { return };
    server.schedule("g/h", &["* * * * * *"]).await;
    deployment.answer(std::iter::repeat_n((500, json!({})), 1000));
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let mut good: Value = serde_json::from_str(&firing(TASK, "g/h", "2030-01-01T00:00:00Z")).unwrap();
    good["traceparent"] = trace.into();
    let good = good.to_string();
    let fire = Lambda::start("fire", &environment);
    assert_eq!(failures(&fire.invoke(&queue_event(&[("m", &good)]))), ["m"]);
    assert!(server.last_fires("g/h").await.is_empty(), "it is tried again");

    let record = Lambda::start("record-dead-firing", &environment);
    assert_eq!(failures(&record.invoke(&queue_event(&[("m", &good), ("n", "nonsense")]))), [""; 0]);
    assert_eq!(server.last_fires("g/h").await[0]["result"], "error");
    let listed = server.cli(&["dead-letters", "list", "--json"]).printed;
    let letters: Vec<Value> = serde_json::from_str(&listed).expect(&listed);
    let ids: Vec<&Value> = letters.iter().map(|letter| &letter["id"]).collect();
    assert!(ids.len() == 2 && ids.contains(&&json!(TASK)) && ids.contains(&&json!("n")), "{listed}");

    deployment.works_again();
    let redriven = server.cli(&["dead-letters", "redrive", TASK]);
    assert_eq!(redriven.printed, "Sent again 1 dead letter.\n");
    let aws = server.aws().unwrap();
    let received = aws.receive(&aws.firings_url()).await;
    let body = received[0]["Body"].as_str().unwrap();
    assert_eq!(failures(&fire.invoke(&queue_event(&[("again", body)]))), [""; 0]);
    assert_eq!(server.last_fires("g/h").await[0]["result"], "success");
    assert_eq!(deployment.tasks().len(), 1);
    let created = deployment.created().pop().unwrap();
    assert_eq!(created.traceparent.as_deref(), Some(trace), "it is still the same trace");
}
