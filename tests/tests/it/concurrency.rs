//! Requests that arrive at once.

use serde_json::json;
use tokio::task::JoinSet;
use treble_tests::{Reply, Request, Server, definition};

/// Sends all of these at once, and gives the replies as they come.
async fn at_once(server: &Server, requests: impl IntoIterator<Item = Request>) -> Vec<Reply> {
    let mut sending = JoinSet::new();
    for request in requests {
        sending.spawn(request.sending(server));
    }
    sending.join_all().await
}

#[tokio::test]
async fn one_definition_wins() {
    let server = Server::start().await;
    let requests = (0..8).map(|number| {
        let mut hook = definition();
        hook["task"] = json!({"number": number});
        Request::to("PUT /hooks/g/h").json(&hook)
    });
    let replies = at_once(&server, requests).await;
    let created: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 200).collect();
    assert_eq!(created.len(), 1);
    assert!(replies.iter().all(|reply| [200, 409].contains(&reply.status)));
    let found = Request::to("GET /hooks/g/h").send(&server).await.ok();
    assert_eq!(found["task"], created[0].json()["task"]);
    assert_eq!(Request::to("GET /hooks").send(&server).await.ok(), json!({"groups": ["g"]}));
}

/// As with the reference service, the last one stays, and nobody is told to try again.
#[tokio::test]
async fn updates_come_one_after_the_other() {
    let server = Server::start().await;
    Request::to("PUT /hooks/g/h").json(&definition()).send(&server).await.ok();
    let requests = (0..20).map(|number| {
        let mut hook = definition();
        hook["task"] = json!({"number": number});
        hook["bindings"] = json!([{"exchange": format!("exchange/{number}"), "routingKeyPattern": "#"}]);
        Request::to("POST /hooks/g/h").json(&hook)
    });
    for reply in at_once(&server, requests).await {
        reply.ok();
    }
    let found = Request::to("GET /hooks/g/h").send(&server).await.ok();
    let exchange = format!("exchange/{}", found["task"]["number"]);
    assert_eq!(found["bindings"], json!([{"exchange": exchange, "routingKeyPattern": "#"}]));
}

#[tokio::test]
async fn a_task_id_fires_once() {
    let server = Server::start().await;
    Request::to("PUT /hooks/g/h").json(&definition()).send(&server).await.ok();
    let body = json!({"taskId": "fN1SbArXTPSVFNUvaOlinQ"});
    let replies = at_once(&server, (0..8).map(|_| Request::to("POST /hooks/g/h/trigger").json(&body))).await;
    for reply in &replies {
        assert_eq!(reply.ok()["taskId"], body["taskId"]);
    }
    let fires = Request::to("GET /hooks/g/h/last-fires").send(&server).await.ok();
    assert_eq!(fires["lastFires"].as_array().unwrap().len(), 1);
    // A queue without deduplication may be sent the task twice, under the one taskId.
    let tasks = server.tasks().await;
    assert!(tasks.iter().all(|task| task["taskId"] == body["taskId"]), "{tasks:?}");
    assert!(!tasks.is_empty() && (tasks.len() == 1 || server.is_on_aws()), "{tasks:?}");
}

#[tokio::test]
async fn groups_are_counted_right() {
    let server = Server::start().await;
    let requests = |method: &'static str| (0..12).map(move |number| format!("{method} /hooks/g/h{number}"));
    let creating = requests("PUT").map(|line| Request::to(&line).json(&definition()));
    assert!(at_once(&server, creating).await.iter().all(|reply| reply.status == 200));
    let hooks = Request::to("GET /hooks/g").send(&server).await.ok();
    assert_eq!(hooks["hooks"].as_array().unwrap().len(), 12);
    let removing = requests("DELETE").chain(requests("DELETE")).map(|line| Request::to(&line));
    assert!(at_once(&server, removing).await.iter().all(|reply| reply.status == 200));
    assert_eq!(Request::to("GET /hooks").send(&server).await.ok(), json!({"groups": []}));
}
