//! Hooks that fire by themselves: to the second, each occurrence once, whatever fails on the way.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use treble_tests::{Deployment, Request, Server, definition, until};

/// Every second.
const EACH_SECOND: &str = "* * * * * *";

async fn start(arguments: &[&str]) -> Server {
    Server::with(&[arguments, &["--clock"]].concat()).await
}

/// A pattern that names one moment, some seconds from now, and that moment: far enough for a busy machine to create the
/// hook before.
fn once() -> (String, Timestamp) {
    let at = Timestamp::from_second(Timestamp::now().as_second() + 8).unwrap();
    (at.strftime("%-S %-M %-H %-d %-m *").to_string(), at)
}

/// The moments of a hook's tasks in the journal or queue, as far as they were not taken before.
async fn take_moments(server: &Server, hook_id: &str) -> Vec<Timestamp> {
    let tasks = server.tasks().await;
    let own = tasks.iter().filter(|task| task["hookId"] == hook_id);
    own.map(|task| task["task"]["created"].as_str().unwrap().parse().unwrap()).collect()
}

fn assert_each_second_once(moments: &[Timestamp]) {
    let distinct: BTreeSet<Timestamp> = moments.iter().copied().collect();
    assert_eq!(distinct.len(), moments.len(), "a moment fired twice: {moments:?}");
    let (first, last) = (distinct.first().unwrap(), distinct.last().unwrap());
    let seconds = last.duration_since(*first).as_secs();
    assert_eq!(seconds + 1, i64::try_from(distinct.len()).unwrap(), "a second is missing: {distinct:?}");
}

#[tokio::test]
async fn a_hook_fires_each_second_and_never_early() {
    let server = start(&[]).await;
    server.schedule("g/h", &[EACH_SECOND, "*/2 * * * * *"]).await;
    let mut moments = Vec::new();
    until(async || {
        moments.extend(take_moments(&server, "h").await);
        moments.sort();
        moments.dedup();
        moments.len() >= 8
    })
    .await;
    // The first may be what was missed until the clock knew of the hook.
    assert_each_second_once(&moments[1..]);
    for fire in server.last_fires("g/h").await {
        assert_eq!((&fire["result"], &fire["firedBy"]), (&json!("success"), &json!("schedule")));
    }
    let status = Request::to("GET /hooks/g/h/status").send(&server).await.ok();
    let next: Timestamp = status["nextScheduledDate"].as_str().unwrap().parse().unwrap();
    assert!(next >= *moments.last().unwrap());
}

#[tokio::test]
async fn a_killed_server_loses_no_occurrence_and_doubles_none() {
    let mut server = start(&[]).await;
    if server.is_on_aws() {
        // The queue of firings is in the data directory in any case.
        return;
    }
    server.schedule("g/h", &[EACH_SECOND]).await;
    for round in 1..=5 {
        until(async || take_moments(&server, "h").await.len() >= round * 2).await;
        server = server.kill().start();
    }
    let moments = take_moments(&server, "h").await;
    assert_each_second_once(&moments[1..]);
}

#[tokio::test]
async fn what_is_taken_off_the_schedule_does_not_fire() {
    let server = start(&[]).await;
    server.schedule("g/clock", &[EACH_SECOND]).await;
    server.schedule("g/changed", &[EACH_SECOND]).await;
    server.schedule("g/removed", &[EACH_SECOND]).await;
    let fires = async |hook: &str| server.last_fires(hook).await.len();
    until(async || fires("g/changed").await >= 2 && fires("g/removed").await >= 2).await;

    Request::to("POST /hooks/g/changed").json(&definition()).send(&server).await.ok();
    Request::to("DELETE /hooks/g/removed").send(&server).await.ok();
    // What was being fired just then may still be recorded.
    let then = fires("g/clock").await;
    until(async || fires("g/clock").await > then).await;
    let changed = fires("g/changed").await;
    let then = fires("g/clock").await;
    until(async || fires("g/clock").await >= then + 4).await;
    assert_eq!(fires("g/changed").await, changed);
    assert_eq!(fires("g/removed").await, 0);
}

/// A hook that fires once, in a moment, at a deployment that does what `fault` makes it do; what came of it.
async fn fired_once(fault: impl FnOnce(&Deployment)) -> (Deployment, Timestamp, Vec<Value>) {
    let deployment = Deployment::start();
    fault(&deployment);
    let server = start(&["--sink", &format!("taskcluster:{}", deployment.root_url())]).await;
    let (pattern, at) = once();
    server.schedule("g/h", &[&pattern]).await;
    until(async || !server.last_fires("g/h").await.is_empty()).await;
    (deployment, at, server.last_fires("g/h").await)
}

fn assert_fired_once(deployment: &Deployment, at: Timestamp, fires: &[Value]) {
    let tasks = deployment.tasks();
    let (task_id, task) = tasks.first_key_value().unwrap();
    assert_eq!((tasks.len(), fires.len()), (1, 1), "{tasks:?} {fires:?}");
    assert_eq!(task["created"], at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string());
    assert_eq!((&fires[0]["taskId"], &fires[0]["result"]), (&json!(task_id), &json!("success")));
}

#[tokio::test]
async fn a_queue_that_answers_500_for_a_while_gets_the_task_later() {
    let failures = std::iter::repeat_n((500, json!({})), 12);
    let (deployment, at, fires) = fired_once(|deployment| deployment.answer(failures)).await;
    assert!(deployment.created().len() > 12);
    assert_fired_once(&deployment, at, &fires);
}

#[tokio::test]
async fn a_task_whose_creation_was_not_heard_of_is_not_created_twice() {
    let lost = std::iter::repeat_n((Deployment::LOST, json!({})), 8);
    let (deployment, at, fires) = fired_once(|deployment| deployment.answer(lost)).await;
    assert!(deployment.created().len() > 8);
    assert_fired_once(&deployment, at, &fires);
}

#[tokio::test]
async fn a_queue_that_refuses_connections_gets_the_task_later() {
    let port = treble_tests::free_port();
    let server = start(&["--sink", &format!("taskcluster:http://127.0.0.1:{port}")]).await;
    let (pattern, at) = once();
    server.schedule("g/h", &[&pattern]).await;
    // By then it has been tried in vain.
    let late = at + SignedDuration::from_secs(3);
    until(async || Timestamp::now() > late).await;
    assert!(server.last_fires("g/h").await.is_empty());
    let deployment = Deployment::start_at(port);
    until(async || !server.last_fires("g/h").await.is_empty()).await;
    assert_fired_once(&deployment, at, &server.last_fires("g/h").await);
}

#[tokio::test]
async fn a_fault_of_the_hooks_own_is_recorded_at_once() {
    let refusal = json!({"code": "InputError", "message": "no such worker", "requestInfo": {}});
    let (deployment, _, fires) = fired_once(|deployment| deployment.answer([(400, refusal)])).await;
    assert_eq!((deployment.created().len(), deployment.tasks().len()), (1, 0));
    assert_eq!((fires.len(), &fires[0]["result"]), (1, &json!("error")));
    assert!(fires[0]["error"].as_str().unwrap().contains("no such worker"));
}

#[tokio::test]
async fn an_occurrence_that_was_missed_fires_once_and_late() {
    let server = start(&[]).await;
    if server.is_on_aws() {
        return;
    }
    server.schedule("g/h", &[EACH_SECOND]).await;
    until(async || !server.last_fires("g/h").await.is_empty()).await;
    let stopped = server.interrupt();
    // All that was sent is due by then, and more than was sent.
    let back = Timestamp::now() + SignedDuration::from_secs(16);
    until(async || Timestamp::now() > back).await;
    let server = stopped.start();
    until(async || take_moments(&server, "h").await.last().is_some_and(|last| *last > back)).await;
    let moments = take_moments(&server, "h").await;
    let distinct: BTreeSet<&Timestamp> = moments.iter().collect();
    assert_eq!(distinct.len(), moments.len());
    let late = moments.iter().filter(|moment| **moment < back).count();
    let seconds = back.duration_since(moments[0]).as_secs();
    assert!(i64::try_from(late).unwrap() < seconds - 2, "not each of what was missed: {moments:?}");
}
