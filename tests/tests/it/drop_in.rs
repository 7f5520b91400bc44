//! In the place of the hooks service of an existing Taskcluster deployment: its Auth service says who calls, its Queue
//! takes the tasks, and Treble keeps neither clients nor roles.

use std::iter::repeat_n;
use std::time::Duration;

use serde_json::{Value, json};
use taskcluster::Credentials;
use treble_tests::{
    Caller, Lambda, Reply, Request, Server, Taskcluster, Trouble, definition, python_as, until,
};

const TOKEN: &str = "a-client-of-the-deployment-0123456789abcdef";

/// A deployment with an administrator, and a hooks service in it.
fn deployment() -> (Taskcluster, [String; 4]) {
    let deployment = Taskcluster::start();
    deployment.client("admin", TOKEN, &["*"]);
    deployment.role("anonymous", &["hooks:list-hooks:g"]);
    for group in ["g", "python"] {
        deployment.role(&format!("hook-id:{group}/*"), &["queue:create-task:lowest:p/w"]);
    }
    let place = format!("taskcluster:{}", deployment.root_url());
    let arguments = ["--auth".to_owned(), place.clone(), "--sink".to_owned(), place];
    (deployment, arguments)
}

async fn start() -> (Taskcluster, Server) {
    let (deployment, arguments) = deployment();
    let server = Server::with(&arguments.each_ref().map(String::as_str)).await;
    as_admin(&server, "PUT /hooks/g/h", Some(definition())).await.ok();
    (deployment, server)
}

/// The same as functions, on an emulated AWS.
async fn start_functions() -> Option<(Taskcluster, Server)> {
    let (deployment, arguments) = deployment();
    let server = Server::on_functions_with(&arguments.each_ref().map(String::as_str)).await?;
    as_admin(&server, "PUT /hooks/g/h", Some(definition())).await.ok();
    Some((deployment, server))
}

async fn as_client(server: &Server, id: &str, line: &str, body: Option<Value>) -> Reply {
    let signer = server.signer_of(&Credentials::new(id, TOKEN));
    let mut request = Request::to(line).by(Caller::Signed(Box::new(signer)));
    if let Some(body) = body {
        request = request.json(&body);
    }
    request.send(server).await
}

async fn as_admin(server: &Server, line: &str, body: Option<Value>) -> Reply {
    as_client(server, "admin", line, body).await
}

async fn trigger(server: &Server) -> Reply {
    as_admin(server, "POST /hooks/g/h/trigger", Some(json!({}))).await
}

/// Headers, signed URLs, temporary credentials with and without a name, narrowed scopes, through the published client.
#[tokio::test]
async fn python_client() {
    let (_deployment, server) = start().await;
    python_as(&server, "admin", TOKEN);
}

#[tokio::test]
async fn python_client_of_functions() {
    let Some((_deployment, server)) = start_functions().await else { return };
    python_as(&server, "admin", TOKEN);
}

#[tokio::test]
async fn its_clients_and_roles_count_at_once() {
    let (deployment, server) = start().await;
    deployment.client("ci", TOKEN, &["assume:team:g"]);
    deployment.role("team:*", &["hooks:trigger-hook:<..>/*"]);
    let fire = async || as_client(&server, "ci", "POST /hooks/g/h/trigger", Some(json!({}))).await;
    fire().await.ok();
    assert_eq!(as_client(&server, "ci", "POST /hooks/x/h/trigger", Some(json!({}))).await.status, 403);
    deployment.role("team:*", &[]);
    assert_eq!(fire().await.status, 403);

    deployment.role("team:*", &["hooks:*"]);
    fire().await.ok();
    let refused = async |says: &str| {
        let reply = fire().await;
        assert_eq!((reply.status, reply.error().0.as_str()), (401, "AuthenticationFailed"));
        assert!(reply.error().1.contains(says), "{}", reply.text());
    };
    deployment.change("ci", |client| client.disabled = true);
    refused("is disabled").await;
    deployment.change("ci", |client| client.disabled = false);
    deployment.change("ci", |client| client.expires = jiff::Timestamp::from_second(1).unwrap());
    refused("has expired").await;
    deployment.revoke("ci");
    refused("not found").await;
    assert_eq!(deployment.tasks().len(), 2);
}

/// A service that has not said who calls has not said that anybody may.
#[tokio::test]
async fn an_auth_service_in_trouble() {
    let (deployment, server) = start().await;
    let list = async || as_admin(&server, "GET /hooks/g", None).await;
    for passing in [Trouble::Status(500), Trouble::Lost, Trouble::Slow(Duration::from_millis(700))] {
        deployment.auth_has([passing]);
        list().await.ok();
    }
    let anonymous = Request::to("GET /hooks/g").anonymously();
    for lasting in [Trouble::Status(500), Trouble::Status(503), Trouble::Lost] {
        deployment.auth_has(repeat_n(lasting, 100));
        assert_eq!(list().await.status, 503, "{lasting:?}");
        assert_eq!(anonymous.clone().send(&server).await.status, 503, "{lasting:?}");
    }
    // A webhook's token is checked without it, and so is what needs no scopes.
    deployment.auth_has([]);
    let token = as_admin(&server, "GET /hooks/g/h/token", None).await.ok();
    deployment.auth_has(repeat_n(Trouble::Status(500), 100));
    let path = format!("POST /hooks/g/h/trigger/{}", token["token"].as_str().unwrap());
    Request::to(&path).json(&json!({})).anonymously().send(&server).await.ok();
    Request::to("GET /ping").anonymously().send(&server).await.ok();
    deployment.auth_has([]);
    anonymous.send(&server).await.ok();
    assert_eq!(
        as_admin(&server, "GET /hooks/g/h/last-fires", None).await.ok()["lastFires"][0]["result"],
        "success"
    );
}

/// What a hook may create is decided by that deployment's role of it, and what Treble may by its client there.
#[tokio::test]
async fn a_hook_has_the_authority_of_its_role_there() {
    let (deployment, server) = start().await;
    trigger(&server).await.ok();
    deployment.role("hook-id:g/*", &["queue:create-task:lowest:p/other"]);
    let reply = trigger(&server).await;
    assert_eq!((reply.status, reply.error().0.as_str()), (403, "InsufficientScopes"), "{}", reply.text());
    let says = "The role `hook-id:g/h` does not have sufficient scopes to create the task:\n\nmissing queue:create-task";
    assert!(reply.error().1.starts_with(says), "{}", reply.text());

    deployment.role("hook-id:g/*", &["queue:create-task:lowest:p/w"]);
    let mut hook = definition();
    hook["task"]["scopes"] = json!(["secrets:get:x"]);
    as_admin(&server, "POST /hooks/g/h", Some(hook)).await.ok();
    assert!(trigger(&server).await.error().1.contains("missing secrets:get:x"));
    deployment.role("hook-id:g/*", &["queue:create-task:lowest:p/w", "secrets:get:*"]);
    trigger(&server).await.ok();

    // Without its own scope, Treble can act for no hook.
    deployment.client(treble_tests::CLIENT_ID, treble_tests::ACCESS_TOKEN, &["assume:hook-id:other/*"]);
    let reply = trigger(&server).await;
    assert_eq!(reply.status, 400, "{}", reply.text());
    assert!(reply.error().1.contains("do not satisfy authorizedScopes"), "{}", reply.text());
    assert_eq!(deployment.tasks().len(), 2);
}

#[tokio::test]
async fn a_queue_in_trouble() {
    let (deployment, server) = start().await;
    let passing = [Trouble::Status(500), Trouble::Lost, Trouble::Slow(Duration::from_millis(700))];
    deployment.queue_has(passing);
    trigger(&server).await.ok();
    deployment.queue_has(repeat_n(Trouble::Status(502), 1000));
    let reply = trigger(&server).await;
    assert_eq!((reply.status, reply.error().0.as_str()), (503, "QueueUnavailable"), "{}", reply.text());
    deployment.queue_has([]);

    // A taskId that has another task, and one whose request comes twice.
    let once = json!({"taskId": "LRs8cOvwTLmg8ox_vJBlbA"});
    let fired = as_admin(&server, "POST /hooks/g/h/trigger", Some(once.clone())).await.ok();
    assert_eq!(as_admin(&server, "POST /hooks/g/h/trigger", Some(once.clone())).await.ok(), fired);
    as_admin(&server, "PUT /hooks/g/other", Some(definition())).await.ok();
    let conflict = as_admin(&server, "POST /hooks/g/other/trigger", Some(once)).await;
    assert!(
        conflict.error().1.starts_with("While calling createTask: RequestConflict"),
        "{}",
        conflict.text()
    );
    assert_eq!(deployment.tasks().len(), 2);
}

/// Nobody signs these.
#[tokio::test]
async fn a_schedule_and_a_webhook() {
    let (deployment, server) = start().await;
    let token = as_admin(&server, "GET /hooks/g/h/token", None).await.ok();
    let path = format!("POST /hooks/g/h/trigger/{}", token["token"].as_str().unwrap());
    let fired = Request::to(&path).json(&json!({})).anonymously().send(&server).await.ok();
    let tasks = deployment.tasks();
    assert_eq!(tasks[fired["taskId"].as_str().unwrap()]["payload"], json!({"by": "triggerHookWithToken"}));
    if server.is_on_aws() {
        return;
    }
    let mut hook = definition();
    hook["schedule"] = json!(["* * * * * *"]);
    // The Queue is away when the first moment comes.
    deployment.queue_has(repeat_n(Trouble::Status(500), 3));
    as_admin(&server, "POST /hooks/g/h", Some(hook)).await.ok();
    let by_schedule = || deployment.tasks().values().any(|task| task["payload"]["by"] == "schedule");
    until(async || by_schedule()).await;
}

/// The functions that no request wakes call the Queue with the same client.
#[tokio::test]
async fn a_firing_from_the_queue_of_functions() {
    let Some((deployment, server)) = start_functions().await else { return };
    let mut hook = definition();
    hook["schedule"] = json!(["* * * * * *"]);
    as_admin(&server, "POST /hooks/g/h", Some(hook)).await.ok();
    let fire = Lambda::start("fire", server.gateway().environment());
    let firing = json!({
        "taskId": "BwcHBwcHRweHBwcHBwcHBw", "hook": "g/h", "firedBy": "schedule", "created": "2030-01-01T00:00:00Z",
    });
    let event = json!({"Records": [{
        "messageId": "m", "receiptHandle": "r", "body": firing.to_string(),
        "attributes": {"ApproximateReceiveCount": "1"}, "messageAttributes": {}, "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:firings", "awsRegion": "us-east-1",
    }]});
    deployment.role("hook-id:g/*", &[]);
    assert_eq!(fire.invoke(&event)["batchItemFailures"], json!([]));
    let fires = as_admin(&server, "GET /hooks/g/h/last-fires", None).await.ok();
    assert!(fires["lastFires"][0]["error"].as_str().unwrap().contains("InsufficientScopes"), "{fires}");
    deployment.role("hook-id:g/*", &["queue:create-task:lowest:p/w"]);
    assert_eq!(fire.invoke(&event)["batchItemFailures"], json!([]));
    assert_eq!(deployment.tasks().len(), 1);
}
