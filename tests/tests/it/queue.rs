//! Tasks created at a Taskcluster Queue, and what is said when it refuses them.

use serde_json::{Value, json};
use treble_tests::{Queue, Reply, Request, Server, definition};

async fn start(queue: &Queue) -> Server {
    let sink = format!("taskcluster:{}", queue.root_url());
    let server = Server::with(&["--sink", &sink]).await;
    Request::to("PUT /hooks/g/a%2Fb").json(&definition()).send(&server).await.ok();
    server
}

async fn trigger(server: &Server) -> Reply {
    Request::to("POST /hooks/g/a%2Fb/trigger").json(&json!({})).send(server).await
}

#[tokio::test]
async fn a_task_is_created_with_the_hooks_authority() {
    let queue = Queue::start();
    let server = start(&queue).await;
    let reply = trigger(&server).await.ok();
    let created = queue.created().remove(0);
    assert_eq!(json!(created.path.strip_prefix("/api/queue/v1/task/")), reply["taskId"]);
    assert!(created.signed);
    assert_eq!(created.authorized_scopes, json!(["assume:hook-id:g/a/b"]));
    assert_eq!(created.task["payload"], json!({"by": "triggerHook"}));
    assert_eq!(created.task["taskGroupId"], reply["taskId"]);
    assert_eq!(reply["status"]["queue"], "its own", "the status is the queue's");
}

#[tokio::test]
async fn refusals_are_the_callers() {
    let queue = Queue::start();
    let server = start(&queue).await;
    let refusal = |code: &str, message: &str| json!({"code": code, "message": message, "requestInfo": {}});
    for status in [400, 401, 409] {
        queue.answer([(status, refusal("InputError", "no such worker"))]);
        let (code, message) = trigger(&server).await.error();
        assert_eq!(code, "InputError", "{status}");
        assert_eq!(message, "While calling createTask: InputError\n\nno such worker", "{status}");
    }
    queue.answer([(403, refusal("InsufficientScopes", "queue:create-task"))]);
    let reply = trigger(&server).await;
    assert_eq!((reply.status, reply.error().0.as_str()), (403, "InsufficientScopes"));
    assert_eq!(
        reply.error().1,
        "The role `hook-id:g/a/b` does not have sufficient scopes to create the task:\n\nqueue:create-task"
    );
    assert_eq!(queue.created().len(), 4, "a refusal is not tried again");
    let fires = Request::to("GET /hooks/g/a%2Fb/last-fires").send(&server).await.ok();
    let results: Vec<&Value> =
        fires["lastFires"].as_array().unwrap().iter().map(|fire| &fire["result"]).collect();
    assert_eq!(results, vec!["error"; 4]);
}

#[tokio::test]
async fn a_failing_queue_is_tried_again() {
    let queue = Queue::start();
    let server = start(&queue).await;
    queue.answer([(503, json!({})), (500, json!({}))]);
    let reply = trigger(&server).await.ok();
    let paths: Vec<String> = queue.created().into_iter().map(|created| created.path).collect();
    assert_eq!(paths.len(), 3);
    assert!(paths.iter().all(|path| path.ends_with(reply["taskId"].as_str().unwrap())), "{paths:?}");

    queue.answer((0..100).map(|_| (500, json!({}))));
    let reply = trigger(&server).await;
    assert_eq!((reply.status, reply.error().0.as_str()), (503, "QueueUnavailable"), "{}", reply.text());
    assert!(queue.created().len() > 4);
}

#[tokio::test]
async fn a_queue_that_is_not_there() {
    let nowhere = Server::with(&["--sink", "taskcluster:http://127.0.0.1:9"]).await;
    Request::to("PUT /hooks/g/a%2Fb").json(&definition()).send(&nowhere).await.ok();
    let reply = trigger(&nowhere).await;
    assert_eq!((reply.status, reply.error().0.as_str()), (503, "QueueUnavailable"), "{}", reply.text());
}
