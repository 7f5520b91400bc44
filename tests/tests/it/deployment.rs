//! Beside a Taskcluster deployment: tasks created at its Queue, and clients that are its own.

use serde_json::{Value, json};
use treble_tests::{Caller, Deployment, Reply, Request, Server, definition};

async fn start(deployment: &Deployment) -> Server {
    let sink = format!("taskcluster:{}", deployment.root_url());
    let server = Server::with(&["--sink", &sink]).await;
    Request::to("PUT /hooks/g/a%2Fb").json(&definition()).send(&server).await.ok();
    server
}

async fn trigger(server: &Server) -> Reply {
    Request::to("POST /hooks/g/a%2Fb/trigger").json(&json!({})).send(server).await
}

#[tokio::test]
async fn a_task_is_created_with_the_hooks_authority() {
    let deployment = Deployment::start();
    let server = start(&deployment).await;
    let reply = trigger(&server).await.ok();
    let created = deployment.created().remove(0);
    assert_eq!(json!(created.path.strip_prefix("/api/queue/v1/task/")), reply["taskId"]);
    assert!(created.signed);
    assert_eq!(created.authorized_scopes, json!(["assume:hook-id:g/a/b"]));
    assert_eq!(created.task["payload"], json!({"by": "triggerHook"}));
    assert_eq!(created.task["taskGroupId"], reply["taskId"]);
    assert_eq!(reply["status"]["queue"], "its own", "the status is the queue's");
}

#[tokio::test]
async fn refusals_are_the_callers() {
    let deployment = Deployment::start();
    let server = start(&deployment).await;
    let refusal = |code: &str, message: &str| json!({"code": code, "message": message, "requestInfo": {}});
    for status in [400, 401, 409] {
        deployment.answer([(status, refusal("InputError", "no such worker"))]);
        let (code, message) = trigger(&server).await.error();
        assert_eq!(code, "InputError", "{status}");
        assert_eq!(message, "While calling createTask: InputError\n\nno such worker", "{status}");
    }
    deployment.answer([(403, refusal("InsufficientScopes", "queue:create-task"))]);
    let reply = trigger(&server).await;
    assert_eq!((reply.status, reply.error().0.as_str()), (403, "InsufficientScopes"));
    assert_eq!(
        reply.error().1,
        "The role `hook-id:g/a/b` does not have sufficient scopes to create the task:\n\nqueue:create-task"
    );
    assert_eq!(deployment.created().len(), 4, "a refusal is not tried again");
    let fires = Request::to("GET /hooks/g/a%2Fb/last-fires").send(&server).await.ok();
    let results: Vec<&Value> =
        fires["lastFires"].as_array().unwrap().iter().map(|fire| &fire["result"]).collect();
    assert_eq!(results, vec!["error"; 4]);
}

#[tokio::test]
async fn a_failing_queue_is_tried_again() {
    let deployment = Deployment::start();
    let server = start(&deployment).await;
    deployment.answer([(503, json!({})), (500, json!({}))]);
    let reply = trigger(&server).await.ok();
    let paths: Vec<String> = deployment.created().into_iter().map(|created| created.path).collect();
    assert_eq!(paths.len(), 3);
    assert!(paths.iter().all(|path| path.ends_with(reply["taskId"].as_str().unwrap())), "{paths:?}");

    deployment.answer((0..100).map(|_| (500, json!({}))));
    let reply = trigger(&server).await;
    assert_eq!((reply.status, reply.error().0.as_str()), (503, "QueueUnavailable"), "{}", reply.text());
    assert!(deployment.created().len() > 4);
    // It has the task: a queue may fail after it created one.
    let told = reply.error().1;
    assert!(told.ends_with("If the payload has a taskId, that never makes a second task."), "{told}");
}

#[tokio::test]
async fn a_queue_that_is_not_there() {
    let nowhere = Server::with(&["--sink", "taskcluster:http://127.0.0.1:9"]).await;
    Request::to("PUT /hooks/g/a%2Fb").json(&definition()).send(&nowhere).await.ok();
    let reply = trigger(&nowhere).await;
    assert_eq!((reply.status, reply.error().0.as_str()), (503, "QueueUnavailable"), "{}", reply.text());
}

#[tokio::test]
async fn health_is_that_of_what_it_stands_on() {
    let deployment = Deployment::start();
    let nowhere = Server::with(&["--sink", "taskcluster:http://127.0.0.1:9"]).await;
    for (server, status) in [(start(&deployment).await, 200), (nowhere, 503)] {
        for path in ["^/__heartbeat__", "/__heartbeat__"] {
            let reply = Request::to(&format!("GET {path}")).anonymously().send(&server).await;
            assert_eq!(reply.status, status, "{path}: {}", reply.text());
        }
        let reply = Request::to("GET ^/__lbheartbeat__").anonymously().send(&server).await;
        assert_eq!(reply.status, 200);
    }
}

#[tokio::test]
async fn clients_of_the_deployment() {
    let deployment = Deployment::start();
    let server = Server::with(&["--auth", &format!("taskcluster:{}", deployment.root_url())]).await;
    Request::to("PUT /hooks/g/h").json(&definition()).send(&server).await.ok();
    assert_eq!(Request::to("GET /hooks").anonymously().send(&server).await.ok(), json!({"groups": ["g"]}));
    assert_eq!(Request::to("GET /hooks/g").anonymously().send(&server).await.status, 403);
    let elsewhere = Request::to("PUT /hooks/x/h").json(&definition()).send(&server).await;
    assert_eq!(elsewhere.status, 403, "{}", elsewhere.text());
    let mut signer = server.signer();
    signer.access_token = "no".to_owned();
    let refused = Request::to("GET /hooks").by(Caller::Signed(Box::new(signer))).send(&server).await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.error(), ("AuthenticationFailed".to_owned(), "the deployment says no".to_owned()));
}

/// Who can't be asked has not said that anybody may.
#[tokio::test]
async fn an_auth_service_that_is_not_there() {
    let server = Server::with(&["--auth", "taskcluster:http://127.0.0.1:9"]).await;
    for request in [Request::to("GET /hooks"), Request::to("GET /hooks").anonymously()] {
        let reply = request.send(&server).await;
        assert_eq!(reply.status, 503, "{}", reply.text());
    }
    assert_eq!(Request::to("GET /ping").anonymously().send(&server).await.status, 200);
}
