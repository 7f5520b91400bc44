//! All that can be asked of the functions that have to do with integrators; and what wakes those that nobody calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::{Value, json};
use treble_core::gate::Event;
use treble_tests::{Answering, Aws, Lambda, Recorder, Request, Server, queue_event};

/// What the platform shows.
pub(crate) const TOKEN: &str = "platform";

/// What functions are told of integrators, beside the rest of their environment.
pub(crate) fn environment(aws: &Aws) -> Vec<(String, String)> {
    let variables = [
        ("TREBLE_CCX_TOKEN_ARN", format!("{}-ccx-token", aws.name())),
        ("TREBLE_HOOK_GATES", "yes".to_owned()),
        ("TREBLE_INTEGRATOR_ADDRESSES", "any".to_owned()),
    ];
    variables.map(|(name, value)| (name.to_owned(), value)).into()
}

/// The secret that is for the platform alone.
pub(crate) async fn prepare(aws: &Aws) {
    aws.keep_secret("ccx-token", TOKEN).await;
}

/// An integrator that approves of everything, and gives a work_id of its own.
pub(crate) struct Integrator {
    server: Answering,
    /// What it answers to what it is told.
    told: Arc<AtomicU16>,
}

/// One that works.
pub(crate) fn integrator() -> Integrator {
    let told = Arc::new(AtomicU16::new(200));
    let status = Arc::clone(&told);
    let server = Answering::start(move |path| match path.starts_with("/post-") {
        true => (status.load(Ordering::Relaxed), json!({})),
        false => (200, json!({"approved": true, "work_id": path})),
    });
    Integrator { server, told }
}

/// A request to a route of who administers integrators.
pub(crate) async fn administer(server: &Server, line: &str, body: Option<Value>) -> Value {
    let (method, path) = line.split_once(' ').unwrap();
    let request = Request::to(&format!("{method} ^/api/gates/v1{path}"));
    let request = if let Some(body) = body { request.json(&body) } else { request };
    request.send(server).await.ok()
}

/// A call of the platform's.
pub(crate) fn call(method: &str, message: &Value) -> Request {
    let request = Request::to(&format!("POST ^/treble.ccx.v1.HookService/{method}")).anonymously();
    request.header("authorization", &format!("Bearer {TOKEN}")).json(message)
}

/// Two of them that are asked and told everything: work_ids of theirs are kept then, as they may differ.
pub(crate) async fn set(server: &Server, integrator: &Integrator) {
    let all = json!({"url": integrator.server.url(), "events": Event::ALL.map(Event::as_str)});
    for name in ["a", "b"] {
        administer(server, &format!("PUT /integrators/{name}"), Some(all.clone())).await;
    }
}

/// Drives all functions through all that they do.
pub(super) async fn drive(server: &Server, recorder: &Recorder, integrator: &Integrator) {
    let add = json!({"clusterId": "1", "cloud": "c1", "nodeCount": 1, "instanceType": "i1"});
    let work_id = call("PreAddNode", &add).send(server).await.ok()["workId"].clone();
    let mut added = add.clone();
    added["workId"] = work_id;
    call("PostAddNode", &added).send(server).await.ok();

    let environment = server.gateway().environment();
    let mut environment = environment.to_vec();
    environment.push(("TREBLE_MAIL_FROM".into(), "hooks@example.com".into()));
    let deliver = Lambda::start("deliver", &recorder.environment("deliver", &environment));
    let look = |name: &str| {
        deliver.invoke(&queue_event(&[("1", &json!({"integrator": name}).to_string())]));
    };
    look("a");
    look("nobody");
    // What was told is listed, one of it gone for good, and sent again.
    integrator.told.store(410, Ordering::Relaxed);
    call("PostAddNode", &added).send(server).await.ok();
    look("a");
    let listed = administer(server, "GET /integrators/a/deliveries?status=dead", None).await;
    let id = listed["deliveries"][0]["deliveryId"].as_str().unwrap_or_else(|| panic!("{listed}")).to_owned();
    let one = format!("/integrators/a/deliveries/{id}");
    assert_eq!(administer(server, &format!("GET {one}"), None).await["status"], "dead");
    administer(server, &format!("POST {one}/resend"), None).await;
    look("a");
    let since = json!({"since": "2026-01-01T00:00:00Z"});
    administer(server, "POST /integrators/a/deliveries/recover", Some(since)).await;

    let tick = Lambda::start("tick", &recorder.environment("tick", &environment));
    down(server, integrator, &look, &tick).await;

    for line in ["GET /integrators", "GET /integrators/a", "POST /integrators/a/probe"] {
        administer(server, line, None).await;
    }
    administer(server, "POST /integrators/a/rotate-secret", Some(json!({}))).await;
    set(server, integrator).await;
    let fewer = json!({"url": integrator.server.url(), "events": ["post-fire"]});
    administer(server, "PUT /integrators/a", Some(fewer)).await;
    administer(server, "DELETE /integrators/a", None).await;
    look("a");
}

/// One that fails for the eleventh time: its owner is told, and its lane waits for the clock. Then it works again.
async fn down(server: &Server, integrator: &Integrator, look: &dyn Fn(&str), tick: &Lambda) {
    integrator.told.store(500, Ordering::Relaxed);
    let owned = json!({
        "url": integrator.server.url(), "events": ["post-delete-cluster"], "owner": "owner@example.com",
    });
    administer(server, "PUT /integrators/c", Some(owned)).await;
    call("PostDeleteCluster", &json!({"clusterId": "1", "status": "ok", "workId": "w"}))
        .send(server)
        .await
        .ok();
    look("c");
    // Ten times before, and it may be tried again.
    let aws = server.aws().unwrap();
    let lane = json!({"pk": {"S": "lane#c"}, "sk": {"S": "lane"}});
    let failed = json!({
        "TableName": format!("{}-gates", aws.name()), "Key": lane,
        "UpdateExpression": "SET failures = :ten REMOVE nextAttempt", "ExpressionAttributeValues": {":ten": {"N": "10"}},
    });
    aws.call("dynamodb", "DynamoDB_20120810.UpdateItem", &failed).await;
    look("c");
    let waits = json!({
        "TableName": format!("{}-hooks", aws.name()), "Key": {"pk": {"S": "lane#c"}, "sk": {"S": "due"}},
        "UpdateExpression": "SET dueAt = :now", "ExpressionAttributeValues": {":now": {"N": "0"}},
    });
    aws.call("dynamodb", "DynamoDB_20120810.UpdateItem", &waits).await;
    tick.invoke(&json!({}));
    // Too early.
    look("c");
    integrator.told.store(200, Ordering::Relaxed);
    administer(server, "POST /integrators/c/probe", None).await;
    look("c");
}
