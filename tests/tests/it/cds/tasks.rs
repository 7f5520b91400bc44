//! Tasks as CDS saves, changes, lists and removes them.

use serde_json::{Value, json};
use treble_tests::{CdsWorld, Request, node_hook};

#[tokio::test]
async fn tasks_are_saved_as_old_and_new_releases_send_them() {
    let world = CdsWorld::start().await;
    let config = json!({"project": {"value": "KEY"}, "workflow": {"value": "w", "configurable": true}});
    let old = json!({
        "id": 7, "uuid": "old", "ref": "1", "workflow_node_id": 3, "workflow_hook_model_id": 1, "config": config,
        "model": {"id": 1, "name": "WebHook", "type": "builtin", "default_config": {}}, "conditions": {"lua_script": "return true"},
    });
    let saved = world.tell("POST /task", &old).await;
    assert_eq!(
        (&saved["uuid"], &saved["type"], &saved["stopped"]),
        (&json!("old"), &json!("Webhook"), &json!(false))
    );
    assert_eq!(saved["conditions"], old["conditions"]);
    let url = format!("{}/webhook/old", world.server().root_url());
    let entry = json!({"value": url, "configurable": false, "type": "string"});
    assert_eq!(saved["config"]["webHookURL"], entry);

    // Without a uuid it gets one. In bulk CDS is answered what it is to keep.
    let named = world.tell("POST /task", &json!({"hook_model_name": "WebHook", "config": config})).await;
    assert_eq!(named["uuid"].as_str().unwrap().len(), 36);
    let bulk = json!({"a": node_hook("a", "WebHook", &json!({})), "b": node_hook("b", "Scheduler", &json!({"cron": "@daily"}))});
    let kept = world.tell("POST /task/bulk", &bulk).await;
    assert!(kept["a"]["config"]["webHookURL"]["value"].as_str().unwrap().ends_with("/webhook/a"), "{kept}");
    assert_eq!(kept["b"]["config"]["cron"], bulk["b"]["config"]["cron"]);

    // All or none.
    let broken = json!({"c": node_hook("c", "WebHook", &json!({})), "d": node_hook("d", "Scheduler", &json!({"cron": "soon"}))});
    let refused = world.send(&world.call("POST /task/bulk").json(&broken)).await;
    assert_eq!(refused.status, 400);
    assert!(
        refused.text().contains("Nothing was saved") && refused.text().contains(r#"\"d\""#),
        "{}",
        refused.text()
    );
    assert_eq!(world.send(&world.call("GET /task/c")).await.status, 404);

    let removed = world.tell("DELETE /task/bulk", &json!({"a": {}, "b": {}, "none": {}})).await;
    assert_eq!(removed["tasks"], 2);
    assert_eq!(world.ask("DELETE /task/old").await["uuid"], "old");
    let gone = Request::to("POST ^/webhook/old").anonymously().json(&json!({}));
    assert_eq!(world.send(&gone).await.status, 404);
    assert_eq!(world.ask("GET /task").await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_task_that_is_changed_keeps_its_executions_and_its_secret() {
    let mut world = CdsWorld::start().await;
    world.save("u", "RepositoryWebHook", &json!({"secret": "s3cret"})).await;
    let send = async |token: &str| {
        let request = Request::to("POST ^/webhook/u").anonymously().header("x-gitlab-event", "Push Hook");
        let body = json!({"ref": "refs/heads/main", "after": "abcdef0123"});
        world.send(&request.header("x-gitlab-token", token).json(&body)).await
    };
    let first = world.over(&send("s3cret").await.ok()).await;
    // What was shown is sent back for it.
    let shown = world.ask("GET /task/u").await["config"]["secret"]["value"].clone();
    assert_eq!(shown, "**********");
    let node = node_hook("u", "RepositoryWebHook", &json!({"secret": shown, "extra": "x"}));
    world.knows(&node);
    assert_eq!(world.tell("PUT /task/u", &node).await["config"]["extra"]["value"], "x");
    assert_eq!((send("s3cret").await.status, send("**********").await.status), (200, 401));
    let other = node_hook("u", "RepositoryWebHook", &json!({"secret": "0ther"}));
    world.knows(&other);
    world.tell("PUT /task/u", &other).await;
    assert_eq!((send("s3cret").await.status, send("0ther").await.status), (401, 200));

    world.kill_and(|_| {});
    let executions = world.executions("u").await;
    assert_eq!((executions.len(), &executions[2]["timestamp"]), (3, &first["timestamp"]));
    let everything = format!("{executions:?} {}", world.ask("GET /task").await);
    assert!(!everything.contains("s3cret") && !everything.contains("0ther"), "{everything}");
    let mismatch = world.send(&world.call("PUT /task/u").json(&node_hook("v", "WebHook", &json!({})))).await;
    assert_eq!(mismatch.status, 400);
}

#[tokio::test]
async fn lists_are_sorted_and_cut_as_asked() {
    let world = CdsWorld::start().await;
    for (uuid, executions) in [("a", 1), ("b", 3), ("c", 0), ("d", 2)] {
        world.save(uuid, "WebHook", &json!({})).await;
        for n in 0..executions {
            world.over(&world.post(uuid, &json!({"n": n})).await).await;
        }
    }
    let listed = async |query: &str| -> Vec<Value> {
        let tasks = world.ask(&format!("GET /task{query}")).await;
        tasks.as_array().unwrap().iter().map(|task| task["uuid"].clone()).collect()
    };
    for (query, expected) in [
        ("", &["a", "b", "c", "d"][..]),
        ("?sort=nb_executions_total:desc", &["b", "d", "a", "c"]),
        ("?sort=nb_executions_total:asc", &["c", "a", "d", "b"]),
        ("?sort=nb_executions_todo", &["a", "b", "c", "d"]),
        ("?limit=2", &["a", "b"]),
        ("?sort=nb_executions_total:desc&limit=2&offset=1", &["d", "a"]),
        ("?offset=9", &[]),
    ] {
        assert_eq!(listed(query).await, expected, "{query}");
    }
    let newest = world.ask("GET /task/b/execution?limit=1").await;
    assert_eq!(
        (newest["executions"].as_array().unwrap().len(), &newest["nb_executions_total"]),
        (1, &json!(3))
    );

    // CDS's old releases start and stop by GET.
    assert_eq!(world.ask("GET /task/a/stop").await["stopped"], true);
    assert_eq!(world.ask("GET /task/bulk/stop").await["tasks"], 3);
    assert_eq!(world.status("Tasks").await.0, "4");
    assert_eq!(world.ask("GET /task/a/start").await["stopped"], false);
    assert_eq!(world.ask("GET /task/bulk/start").await["tasks"], 3);
}
