//! The binaries deployed as functions of an emulated AWS, which wakes them itself: a rule each minute, queues, a stream.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use treble_tests::{Aws, Request, Server, definition, until};

/// A server that only answers requests, beside functions that do everything else.
async fn deploy() -> Option<Server> {
    let server = Server::on(Some(Aws::from_env()?), &[]).await;
    let aws = server.aws().unwrap();
    let mut environment = aws.environment();
    for (name, value) in [
        ("TREBLE_SINK", format!("sqs:{}", aws.queue_url())),
        ("TREBLE_ROOT_URL", "https://hooks.example.com".to_owned()),
        ("TREBLE_EVENT_BUS", aws.bus()),
    ] {
        environment.push((name.to_owned(), value));
    }
    aws.create_bus().await;
    aws.give_up_after(3).await;
    for function in ["tick", "fire", "record-dead-firing", "publish-changes"] {
        aws.deploy(function, &environment).await;
    }
    aws.wake_by_queue("fire", "firings").await;
    aws.wake_by_queue("record-dead-firing", "dead").await;
    aws.wake_by_stream("publish-changes").await;
    aws.wake_each_minute("tick").await;
    Some(server)
}

async fn create(server: &Server, hook: &str, schedule: &[&str]) {
    let mut definition = definition();
    definition["schedule"] = json!(schedule);
    Request::to(&format!("PUT /hooks/{hook}")).json(&definition).send(server).await.ok();
}

async fn last_fires(server: &Server, hook: &str) -> Vec<Value> {
    let reply = Request::to(&format!("GET /hooks/{hook}/last-fires")).send(server).await;
    if reply.status == 404 { Vec::new() } else { reply.ok()["lastFires"].as_array().unwrap().clone() }
}

fn dead_letters(server: &Server) -> Vec<Value> {
    let listed = server.cli(&["dead-letters", "list", "--json"]).printed;
    serde_json::from_str(&listed).unwrap_or_else(|_| panic!("{listed}"))
}

#[tokio::test]
async fn a_deployment_fires_what_is_scheduled_buries_what_it_can_t_do_and_tells_what_changed() {
    let Some(server) = deploy().await else { return };
    let aws = server.aws().unwrap();
    create(&server, "g/scheduled", &["*/10 * * * * *"]).await;
    create(&server, "g/h", &[]).await;

    // A poisoned message ends as a dead letter, and what came with it is done.
    let soon = (Timestamp::now() + SignedDuration::from_secs(1)).to_string();
    let task_id = "BwcHBwcHRweHBwcHBwcHBw";
    let good =
        json!({"taskId": task_id, "hook": "g/h", "firedBy": "pulseMessage", "created": soon}).to_string();
    aws.send_firings(&["nonsense", &good]).await;
    until(async || !last_fires(&server, "g/h").await.is_empty()).await;
    assert_eq!(last_fires(&server, "g/h").await[0]["taskId"], task_id);
    until(async || !dead_letters(&server).is_empty()).await;
    assert_eq!(dead_letters(&server)[0]["message"], "nonsense");
    assert_eq!(last_fires(&server, "g/h").await.len(), 1);

    // What changed comes to the bus.
    let mut events = Vec::new();
    until(async || {
        let new = aws.receive_events().await;
        events.extend(
            new.iter().map(|event| format!("{} {}", event["detail-type"], event["detail"]["hookId"])),
        );
        ["scheduled", "h"].iter().all(|id| events.contains(&format!("\"HookCreated\" \"{id}\"")))
    })
    .await;

    // The rule wakes the clock after a minute; from then on, the hook fires every ten seconds, never early, and each task has
    // its own moment.
    let mut moments = BTreeMap::new();
    until(async || {
        for task in aws.receive_tasks().await {
            if task["hookId"] == "scheduled" {
                let created: Timestamp = task["task"]["created"].as_str().unwrap().parse().unwrap();
                moments.insert(task["taskId"].as_str().unwrap().to_owned(), created);
            }
        }
        moments.len() >= 4
    })
    .await;
    // The first is what was missed until the clock's first tick.
    let mut sorted: Vec<Timestamp> = moments.values().copied().collect();
    sorted.sort();
    for pair in sorted[1..].windows(2) {
        assert_eq!(pair[1].duration_since(pair[0]), SignedDuration::from_secs(10), "{sorted:?}");
    }
    for fire in last_fires(&server, "g/scheduled").await {
        assert_eq!(fire["result"], "success");
        let fired_at: Timestamp = fire["taskCreateTime"].as_str().unwrap().parse().unwrap();
        if let Some(moment) = moments.get(fire["taskId"].as_str().unwrap()) {
            assert!(fired_at >= *moment, "{fired_at} is before {moment}");
        }
    }
}
