//! Tasks that are compared with what CDS knows.

use serde_json::{Value, json};
use treble_tests::{Cds, CdsWorld, Trouble, node_hook, until};

/// The tasks, by uuid, with what their config says of `a`.
async fn tasks(world: &CdsWorld) -> Vec<(String, Value)> {
    let tasks = world.ask("GET /task").await;
    let told =
        |task: &Value| (task["uuid"].as_str().unwrap().to_owned(), task["config"]["a"]["value"].clone());
    tasks.as_array().unwrap().iter().map(told).collect()
}

fn hook(uuid: &str, a: &str) -> Value {
    node_hook(uuid, "WebHook", &json!({"a": a}))
}

#[tokio::test]
async fn tasks_are_those_that_cds_knows() {
    let cds = Cds::start("t0ken");
    cds.has_hooks(&json!([hook("gone", "1"), hook("changed", "1")]));
    let world = CdsWorld::at(cds, &[], &[]).await;
    let expect = |tasks: &[(&str, &str)]| -> Vec<(String, Value)> {
        tasks.iter().map(|(uuid, a)| ((*uuid).to_owned(), json!(a))).collect()
    };
    // At its start.
    until(async || tasks(&world).await.len() == 2).await;
    assert_eq!(tasks(&world).await, expect(&[("changed", "1"), ("gone", "1")]));
    let kept = world.over(&world.post("changed", &json!({})).await).await;
    world.over(&world.post("gone", &json!({})).await).await;

    // On demand. A hook of a model that nobody knows keeps none of the others.
    let unknown = node_hook("unknown", "Pigeon", &json!({}));
    world.cds.has_hooks(&json!([hook("new", "1"), unknown, hook("changed", "2")]));
    let done = world.cli(&["synchronize"]);
    assert!(done.status.success(), "{done:?}");
    for part in ["CDS knows 3 hooks", "removed 1", "1 could not be saved"] {
        assert!(done.printed.contains(part), "{done:?} has no {part:?}");
    }
    assert_eq!(tasks(&world).await, expect(&[("changed", "2"), ("new", "1")]));
    assert_eq!(world.executions("changed").await[0]["timestamp"], kept["timestamp"]);
    let again = world.cli(&["synchronize", "--json"]).printed;
    let again: Value = serde_json::from_str(&again[again.find('{').unwrap()..]).unwrap();
    assert_eq!(again, json!({"known": 3, "failed": 1, "removed": 0}));

    // A task that comes back has nothing of what it had.
    world.cds.has_hooks(&json!([hook("gone", "3"), hook("changed", "2"), hook("new", "1")]));
    assert!(world.cli(&["synchronize"]).status.success());
    assert_eq!(world.executions("gone").await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_listing_that_fails_removes_nothing() {
    let mut world = CdsWorld::start().await;
    world.save("u", "WebHook", &json!({"a": "1"})).await;
    let before = tasks(&world).await;
    for broken in ["[{", "", "{}", "<html>", r#"[{"uuid": 1}]"#, r#"[{"uuid": "u"}, 2]"#] {
        world.cds.lists(broken);
        let failed = world.cli(&["synchronize"]);
        assert_eq!(failed.status.code(), Some(1), "{broken}: {failed:?}");
        assert!(failed.printed.contains("CDS"), "{failed:?}");
        assert_eq!(tasks(&world).await, before, "{broken}");
    }
    world.cds.lists("[]");
    for trouble in [Trouble::Status(500), Trouble::Status(503), Trouble::Status(401), Trouble::Lost] {
        world.cds.listing_has([trouble]);
        let failed = world.cli(&["synchronize"]);
        assert_eq!(failed.status.code(), Some(1), "{trouble:?}: {failed:?}");
        assert_eq!(tasks(&world).await, before, "{trouble:?}");
    }
    world.cds.go_down();
    assert!(!world.cli(&["synchronize"]).status.success());
    assert_eq!(tasks(&world).await, before);
    world.cds.come_back();
    assert!(world.cli(&["synchronize"]).status.success());
    assert_eq!(tasks(&world).await, []);
}
