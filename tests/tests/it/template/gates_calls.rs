//! All that can be asked of the functions that have to do with integrators; and what wakes those that nobody calls.

use serde_json::{Value, json};
use treble_core::gate::Event;
use treble_tests::{Aws, CCX_TOKEN, GateWorld, Habit, Lambda, Receiver, Recorder, Server, queue_event};

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
    aws.keep_secret("ccx-token", CCX_TOKEN).await;
}

/// A request to a route of who administers integrators.
async fn administer(server: &Server, line: &str, body: Option<Value>) -> Value {
    let request = GateWorld::admin(line);
    let request = if let Some(body) = body { request.json(&body) } else { request };
    request.send(server).await.ok()
}

/// Two of them that are asked and told everything: work_ids of theirs are kept then, as they may differ.
pub(crate) async fn set(server: &Server, receiver: &Receiver) {
    for name in ["a", "b"] {
        let all = json!({"url": receiver.url_of(name), "events": Event::ALL.map(Event::as_str)});
        administer(server, &format!("PUT /integrators/{name}"), Some(all)).await;
    }
}

/// Drives all functions through all that they do.
pub(super) async fn drive(server: &Server, recorder: &Recorder, receiver: &Receiver) {
    let add = json!({"clusterId": "1", "cloud": "c1", "nodeCount": 1, "instanceType": "i1"});
    let work_id = GateWorld::call("PreAddNode", &add).send(server).await.ok()["workId"].clone();
    let mut added = add.clone();
    added["workId"] = work_id;
    GateWorld::call("PostAddNode", &added).send(server).await.ok();

    let environment = server.gateway().environment();
    let mut environment = environment.to_vec();
    environment.push(("TREBLE_MAIL_FROM".into(), "hooks@example.com".into()));
    let deliver = Lambda::start("deliver", &recorder.environment("deliver", &environment));
    let look = |name: &str| {
        deliver.invoke(&queue_event(&[("1", &json!({"integrator": name}).to_string())]));
    };
    look("a");
    look("nobody");
    deliver.invoke(&queue_event(&[("1", "nonsense")]));
    // What was told is listed, one of it gone for good, and sent again.
    receiver.behaves("a", Habit::Status(410));
    GateWorld::call("PostAddNode", &added).send(server).await.ok();
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
    down(server, receiver, &look, &tick).await;

    for line in ["GET /integrators", "GET /integrators/a", "POST /integrators/a/probe"] {
        administer(server, line, None).await;
    }
    administer(server, "POST /integrators/a/rotate-secret", Some(json!({}))).await;
    set(server, receiver).await;
    let fewer = json!({"url": receiver.url_of("c"), "events": ["post-fire"]});
    administer(server, "PUT /integrators/a", Some(fewer)).await;
    administer(server, "DELETE /integrators/a", None).await;
    look("a");
}

/// One that fails for the eleventh time: its owner is told, and its lane waits for the clock. Then it works again.
async fn down(server: &Server, receiver: &Receiver, look: &dyn Fn(&str), tick: &Lambda) {
    receiver.behaves("c", Habit::Status(500));
    let owned = json!({
        "url": receiver.url_of("c"), "events": ["post-delete-cluster"], "owner": "owner@example.com",
    });
    administer(server, "PUT /integrators/c", Some(owned)).await;
    GateWorld::call("PostDeleteCluster", &json!({"clusterId": "1", "status": "ok", "workId": "w"}))
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
    receiver.behaves("c", Habit::Well);
    administer(server, "POST /integrators/c/probe", None).await;
    look("c");
}
