//! The same calls by gRPC, by the Connect protocol in protobuf and in JSON, and by `treble test-client`: the same answers.

use serde_json::{Value, json};
use treble_tests::{CCX_TOKEN, GateWorld, Habit, Request, ccx_client, curl};

const EVENTS: [&str; 8] = [
    "pre-create-cluster",
    "post-create-cluster",
    "pre-add-node",
    "post-add-node",
    "pre-remove-node",
    "post-remove-node",
    "pre-delete-cluster",
    "post-delete-cluster",
];

/// The calls, with the name that `treble test-client` has for them.
fn calls() -> Vec<(&'static str, &'static str, Value)> {
    let nodes = json!({"clusterId": "1", "cloud": "c1", "nodeCount": 3, "instanceType": "i1"});
    let with = |more: Value| {
        let mut body = nodes.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let cluster = json!({"clusterName": "Ω \"1\"", "datastoreType": "mysql", "authId": "a1"});
    let created =
        json!({"clusterName": "n", "clusterStatus": "ok", "nodeIds": ["n1", "n2"], "workId": "own-1"});
    vec![
        ("create_cluster", "PreCreateCluster", with(cluster)),
        ("post_create_cluster", "PostCreateCluster", with(created)),
        ("add_node", "PreAddNode", with(json!({"authId": "a1"}))),
        ("post-add-node", "PostAddNode", with(json!({"nodeIds": ["n1"], "workId": "own-1"}))),
        ("remove-node", "PreRemoveNode", json!({"clusterId": "1", "nodeId": "n1", "authId": "a1"})),
        ("post_remove_node", "PostRemoveNode", json!({"clusterId": "1", "nodeId": "n1", "workId": "own-1"})),
        ("pre_delete_cluster", "PreDeleteCluster", json!({"clusterId": "1", "authId": "a1"})),
        (
            "post_delete_cluster",
            "PostDeleteCluster",
            json!({"clusterId": "1", "status": "ok", "workId": "own-1"}),
        ),
        // What is no call has the same error everywhere.
        ("add_node", "PreAddNode", json!({"cloud": "c1"})),
        ("add_node", "PreAddNode", json!({"clusterId": "1", "nodeCount": -1})),
        ("remove_node", "PreRemoveNode", json!({"clusterId": "1"})),
    ]
}

#[tokio::test]
async fn all_protocols_have_the_same_answers() {
    let world = GateWorld::start().await;
    world.set("one", &EVENTS).await;
    let calls = calls();
    let asked: Vec<Value> = calls.iter().map(|(_, method, body)| json!([method, body])).collect();
    let generated = ccx_client(world.server(), CCX_TOKEN, &json!(asked));
    assert_eq!(generated.len(), calls.len());
    for ((name, method, body), answers) in calls.iter().zip(&generated) {
        let curled = curl(world.server(), CCX_TOKEN, method, body);
        assert_eq!((&answers["grpc"], &answers["proto"]), (&curled, &curled), "{method} {body}");
        let arguments = ["test-client", name, &body.to_string(), "--url", world.server().root_url()];
        let printed = world.server().cli_with([], &arguments).printed;
        match curled.get("code").and_then(Value::as_str) {
            None => assert_eq!(serde_json::from_str::<Value>(&printed).expect(&printed), curled),
            Some(code) => {
                assert_eq!(code, "invalid_argument", "{curled}");
                let message = curled["message"].as_str().unwrap();
                assert_eq!(printed, format!("treble: {code}: {message}\n"));
            }
        }
    }
    let created = json!({"approved": true, "workId": "own-1", "userId": "u1", "projectId": "p1", "organisationId": "o1"});
    assert_eq!(generated[0]["grpc"], created);
    assert_eq!(generated[4]["grpc"], json!({"workId": "own-1"}));
    // Whichever way it was asked, the integrator gets the same.
    let asked = world.receiver.received_at("one", "pre-create-cluster");
    assert_eq!(asked.len(), 4);
    for received in &asked {
        let expected = json!({
            "cluster_id": "1", "cluster_name": "Ω \"1\"", "datastore_type": "mysql", "cloud": "c1", "node_count": 3,
            "instance_type": "i1", "auth_id": "a1",
        });
        assert_eq!(received.body, expected);
    }
}

#[tokio::test]
async fn all_protocols_want_a_token() {
    let world = GateWorld::start().await;
    let body = json!({"clusterId": "1"});
    let refused = curl(world.server(), "wrong", "PreAddNode", &body);
    assert_eq!(refused, json!({"code": "unauthenticated", "message": "The token is not known here"}));
    for answers in ccx_client(world.server(), "wrong", &json!([["PreAddNode", body]])) {
        assert_eq!((&answers["grpc"], &answers["proto"]), (&refused, &refused));
    }
    let request = Request::to("POST ^/treble.ccx.v1.HookService/PreAddNode").anonymously().json(&body);
    let reply = world.send(&request).await;
    assert_eq!((reply.status, reply.header("www-authenticate")), (401, Some("Bearer")));
}

#[tokio::test]
async fn what_is_no_call_is_told_in_the_protocol() {
    let world = GateWorld::start().await;
    let cases = [
        ("PreAddNode", "{", 400, "invalid_argument"),
        ("PreAddNode", "[]", 400, "invalid_argument"),
        ("PreAddNode", r#"{"clusterId": "1", "nodeCount": "many"}"#, 400, "invalid_argument"),
        ("AddNode", "{}", 404, "unimplemented"),
    ];
    for (method, body, status, code) in cases {
        let call = GateWorld::call(method, &json!({})).bytes(body);
        let reply = world.send(&call).await;
        assert_eq!((reply.status, &reply.json()["code"]), (status, &json!(code)), "{method} {body}");
    }
    let large = GateWorld::call("PreAddNode", &json!({"clusterId": "1", "cloud": "c".repeat(5_000_000)}));
    assert_eq!(world.send(&large).await.json()["code"], "resource_exhausted");
    // Nothing else listens there, and nobody is hindered by it.
    assert_eq!(world.ask("PreAddNode", &json!({"clusterId": "1"})).await["approved"], true);
}

#[tokio::test]
async fn several_integrators_are_asked_and_each_is_told_its_own_work_id() {
    let world = GateWorld::start().await;
    let events = ["pre-add-node", "post-add-node"];
    for (name, work_id) in [("a", "work-of-a"), ("b", "work-of-b")] {
        world.set(name, &events).await;
        world.receiver.next(name, [Habit::Says(json!({"approved": true, "work_id": work_id}).to_string())]);
    }
    let answer = world.ask("PreAddNode", &json!({"clusterId": "1"})).await;
    assert_eq!(answer["approved"], true);
    let work_id = &answer["workId"];
    assert!(work_id.is_string() && work_id != "work-of-a" && work_id != "work-of-b", "{answer}");
    world.ask("PostAddNode", &json!({"clusterId": "1", "workId": work_id})).await;
    for (name, work_id) in [("a", "work-of-a"), ("b", "work-of-b")] {
        treble_tests::until(async || world.receiver.received_at(name, "post-add-node").len() == 1).await;
        assert_eq!(world.receiver.received_at(name, "post-add-node")[0].body["work_id"], work_id);
    }
    // One that refuses is enough, and is named.
    world.receiver.next("b", [Habit::Says(json!({"approved": false, "reason": "full"}).to_string())]);
    let answer = world.ask("PreAddNode", &json!({"clusterId": "1"})).await;
    assert_eq!(answer.get("approved"), None, "{answer}");
    let reason = answer["reason"].as_str().unwrap();
    assert!(reason.contains('b') && reason.contains("full"), "{reason}");
}
