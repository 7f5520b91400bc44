//! What integrators get of each call, and what they answer.

use serde_json::{Value, json};

use super::{Platform, members};
use crate::gates::tests::world::Heard;

/// Each call with its event, the members of its request, and what its integrator gets of them.
fn calls() -> [(&'static str, &'static str, &'static [&'static str], Value); 8] {
    [
        (
            "PreCreateCluster",
            "pre-create-cluster",
            &["clusterId", "clusterName", "datastoreType", "cloud", "nodeCount", "instanceType", "authId"],
            json!({
                "cluster_id": "1", "cluster_name": "n", "datastore_type": "postgres", "cloud": "c1", "node_count": 3,
                "instance_type": "i1", "auth_id": "a1",
            }),
        ),
        (
            "PostCreateCluster",
            "post-create-cluster",
            &[
                "clusterId",
                "clusterName",
                "datastoreType",
                "cloud",
                "nodeCount",
                "instanceType",
                "clusterStatus",
                "nodeIds",
                "workId",
            ],
            json!({
                "cluster_id": "1", "cluster_name": "n", "datastore_type": "postgres", "cloud": "c1", "node_count": 3,
                "instance_type": "i1", "cluster_status": "ok", "node_ids": ["n1", "n2"], "work_id": "w1",
            }),
        ),
        (
            "PreAddNode",
            "pre-add-node",
            &["clusterId", "cloud", "nodeCount", "instanceType", "authId"],
            json!({"cluster_id": "1", "cloud": "c1", "node_count": 3, "instance_type": "i1", "auth_id": "a1"}),
        ),
        (
            "PostAddNode",
            "post-add-node",
            &["clusterId", "cloud", "nodeCount", "instanceType", "nodeIds", "workId"],
            json!({
                "cluster_id": "1", "cloud": "c1", "node_count": 3, "instance_type": "i1", "node_ids": ["n1", "n2"],
                "work_id": "w1",
            }),
        ),
        (
            "PreRemoveNode",
            "pre-remove-node",
            &["clusterId", "nodeId", "authId"],
            json!({"cluster_id": "1", "node_id": "n1", "auth_id": "a1"}),
        ),
        (
            "PostRemoveNode",
            "post-remove-node",
            &["clusterId", "nodeId", "workId"],
            json!({"cluster_id": "1", "node_id": "n1", "work_id": "w1"}),
        ),
        (
            "PreDeleteCluster",
            "pre-delete-cluster",
            &["clusterId", "authId"],
            json!({"cluster_id": "1", "auth_id": "a1"}),
        ),
        (
            "PostDeleteCluster",
            "post-delete-cluster",
            &["clusterId", "status", "workId"],
            json!({"cluster_id": "1", "status": "ok", "work_id": "w1"}),
        ),
    ]
}

/// As it is where nothing is said of a member.
fn unsaid(value: &Value) -> Value {
    match value {
        Value::Number(_) => json!(0),
        Value::Array(_) => json!([]),
        _ => json!(""),
    }
}

/// What the integrator was sent of an event: at once, or by a delivery.
fn got(platform: &Platform, event: &str) -> Value {
    if event.starts_with("pre-") {
        let heard = platform.world.heard();
        let [Heard { integrator, path, body }] = &heard[..] else { panic!("{heard:?}") };
        assert_eq!((&**integrator, &**path), ("one", event));
        return body.clone();
    }
    assert_eq!(platform.world.woken(), ["one"]);
    let delivery = platform.world.deliveries().remove(0);
    assert_eq!((delivery.integrator.as_str(), delivery.event.as_str()), ("one", event));
    platform.world.deliveries.lock().unwrap().clear();
    delivery.body
}

#[tokio::test]
async fn each_field_goes_by_its_name() {
    for (method, event, names, expected) in calls() {
        let platform = Platform::new(&[event]).await;
        let (status, _) = platform.json(method, members(names)).await;
        assert_eq!(status, 200, "{method}");
        assert_eq!(got(&platform, event), expected, "{method}");
        // The names of the definition are taken as well, as protobuf has it.
        let (status, _) = platform.json(method, expected.clone()).await;
        assert_eq!((status.as_u16(), got(&platform, event)), (200, expected), "{method}");
    }
}

#[tokio::test]
async fn what_is_not_said_is_sent_all_the_same() {
    for (method, event, names, expected) in calls() {
        let platform = Platform::new(&[event]).await;
        let needed: Vec<&str> =
            names.iter().copied().filter(|name| ["clusterId", "nodeId"].contains(name)).collect();
        platform.json(method, members(&needed)).await;
        let sent = got(&platform, event);
        for (name, value) in expected.as_object().unwrap() {
            let is_said = ["cluster_id", "node_id"].contains(&&**name);
            let expected = if is_said { value.clone() } else { unsaid(value) };
            assert_eq!(sent[name], expected, "{method} {name}");
        }
        assert_eq!(sent.as_object().unwrap().len(), expected.as_object().unwrap().len(), "{method}");
    }
}

#[tokio::test]
async fn what_it_answers_is_answered() {
    let said = json!({
        "approved": true, "work_id": "w", "user_id": "u", "project_id": "p", "organisation_id": "o", "more": 1,
    });
    let expected = [
        json!({"approved": true, "workId": "w", "userId": "u", "projectId": "p", "organisationId": "o"}),
        json!({}),
        json!({"approved": true, "workId": "w"}),
        json!({}),
        json!({"workId": "w"}),
        json!({}),
        json!({"workId": "w"}),
        json!({}),
    ];
    for ((method, event, names, _), expected) in calls().into_iter().zip(expected) {
        let platform = Platform::new(&[event]).await;
        platform.world.answer("one", 200, said.clone());
        let (status, answer) = platform.json(method, members(names)).await;
        assert_eq!((status.as_u16(), answer), (200, expected), "{method}");
    }
}

#[tokio::test]
async fn a_refusal_is_an_answer() {
    let refusal = json!({"approved": false, "reason": "too many", "work_id": "w"});
    for (method, event, names, _) in calls().into_iter().filter(|(method, ..)| method.starts_with("Pre")) {
        let platform = Platform::new(&[event]).await;
        platform.world.answer("one", 200, refusal.clone());
        let (status, answer) = platform.json(method, members(names)).await;
        let expected = match method {
            "PreCreateCluster" | "PreAddNode" => {
                json!({"workId": "w", "reason": "integrator one refused: too many"})
            }
            // That can't be refused.
            _ => json!({"workId": "w"}),
        };
        assert_eq!((status.as_u16(), answer), (200, expected), "{method}");
    }
}

#[tokio::test]
async fn a_work_id_comes_back_as_the_integrators_own() {
    let platform = Platform::new(&["pre-add-node", "post-add-node"]).await;
    platform.world.answer("one", 200, json!({"approved": true}));
    let (_, asked) = platform.json("PreAddNode", members(&["clusterId", "authId"])).await;
    let work_id = asked["workId"].as_str().unwrap();
    assert!(!work_id.is_empty());
    platform.json("PostAddNode", json!({"clusterId": "1", "workId": work_id})).await;
    assert_eq!(platform.world.deliveries().remove(0).body["work_id"], work_id);
}

#[tokio::test]
async fn nobody_who_wants_it_is_no_refusal() {
    let platform = Platform::new(&["post-fire"]).await;
    let (status, answer) = platform.json("PreAddNode", members(&["clusterId"])).await;
    assert_eq!((status.as_u16(), &answer["approved"]), (200, &json!(true)));
    let (status, answer) = platform.json("PostAddNode", members(&["clusterId"])).await;
    assert_eq!((status.as_u16(), answer), (200, json!({})));
}
