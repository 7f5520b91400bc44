//! Hooks that move from one service to another, through the API alone.

use tempfile::TempDir;
use treble_tests::{CLIENT_ID, ReferenceHooks};

use super::*;

/// How a server's clients find it.
fn environment(server: &Server) -> [(&'static str, String); 3] {
    server.environment().map(|(name, value)| (name, value.to_owned()))
}

fn file() -> (TempDir, String) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("hooks.jsonl").to_str().unwrap().to_owned();
    (dir, path)
}

/// Definitions as the reference service tells them.
fn reference() -> Vec<Value> {
    let numbered = (0..40).map(|number| {
        let (name, mut definition) = hook(number);
        let (group, id) = name.split_once('/').unwrap();
        definition["hookGroupId"] = json!(group);
        definition["hookId"] = json!(id.replace("%2F", "/"));
        definition
    });
    numbered.collect()
}

#[tokio::test]
async fn hooks_move_from_the_reference_service() {
    let mut hooks = reference();
    let mut odd = hooks[0].clone();
    odd["hookId"] = json!("odd");
    odd["triggerSchema"] = json!({"type": "object", "propertees": {}});
    hooks.push(odd);
    let (old, new) = (ReferenceHooks::start(hooks), Server::start().await);
    let (_dir, path) = file();
    let exported = new.cli_with(old.environment(), &["export", "--api", &path, "--tokens"]);
    assert_says(&exported, 0, &["Exported 41 records to "]);

    // What the new service would refuse is told ahead, and keeps nothing else out.
    let refused = "! hooks: g0/odd: triggerSchema: unknown keyword";
    let pending = new.cli_with(environment(&new), &["import", "--api", &path, "--dry-run"]);
    assert_says(&pending, 1, &[refused, "hooks: 40 to import, 1 refused"]);
    assert_eq!(Request::to("GET /hooks").send(&new).await.ok(), json!({"groups": []}));

    let import = ["import", "--api", &path, "--tokens", "--json"];
    let imported = report(&new.cli_with(environment(&new), &import), 1);
    assert_eq!(imported["counts"]["hooks"]["new"], 40, "{imported}");
    assert_eq!(imported["problems"][0]["name"], "g0/odd", "{imported}");
    for definition in reference() {
        let part = |name: &str| definition[name].as_str().unwrap();
        let path = format!("/hooks/{}/{}", part("hookGroupId"), part("hookId").replace('/', "%2F"));
        let mut moved = Request::to(&format!("GET {path}")).send(&new).await.ok();
        moved["metadata"].as_object_mut().unwrap().remove("emailOnError");
        assert_eq!(moved, definition);
    }
    // Who calls by token learns of another one.
    let tokens = imported["tokens"].as_array().unwrap();
    let of = tokens.iter().find(|tokens| tokens["hook"] == "g1/a/1").unwrap();
    let token = Request::to("GET /hooks/g1/a%2F1/token").send(&new).await.ok();
    assert_eq!((&of["old"], &of["new"]), (&json!("old-g1-a-1"), &token["token"]));

    let again = new.cli_with(environment(&new), &["import", "--api", &path]);
    assert_says(&again, 1, &["hooks: 40 there already, 1 refused"]);
}

/// Backups have more than an API takes.
#[tokio::test]
async fn hooks_of_a_backup_go_through_an_api() {
    let (old, new) = (Server::start().await, Server::start().await);
    populate(&old, 3).await;
    let (_dir, path) = file();
    assert_exit(&old.cli(&["export", &path]), 0);
    let imported = new.cli_with(environment(&new), &["import", "--api", &path]);
    assert_says(&imported, 0, &["hooks: 4 imported", "clients: 3 left out", "fire records: 5 left out"]);

    let mut changed = hook(2).1;
    changed["task"] = json!({});
    Request::to("POST /hooks/g2/h2").json(&changed).send(&new).await.ok();
    let differing = new.cli_with(environment(&new), &["import", "--api", &path]);
    assert_says(
        &differing,
        1,
        &["! hooks: g2/h2: is there, and differs", "hooks: 3 there already, 1 there and"],
    );
    let replaced = new.cli_with(environment(&new), &["import", "--api", &path, "--replace"]);
    assert_says(&replaced, 0, &["hooks: 1 replaced, 3 there already"]);

    // The other way round, a store needs more than an API tells.
    assert_exit(&new.cli_with(environment(&new), &["export", "--api", &path, "--group", "g2"]), 0);
    let refused = new.cli(&["import", &path]);
    assert_says(&refused, 1, &["has hooks' definitions only, as an API tells them: import it with --api"]);
}

#[tokio::test]
async fn who_may_not_is_told_so() {
    let (old, new) = (ReferenceHooks::start(reference()), Server::start().await);
    let (_dir, path) = file();
    let mut stranger = old.environment();
    stranger[2].1 = "no".repeat(20);
    assert_says(&new.cli_with(stranger, &["export", "--api", &path]), 4, &["no"]);
    assert!(!Path::new(&path).exists());

    assert_exit(&new.cli_with(old.environment(), &["export", "--api", &path]), 0);
    let scopes = ["hooks:get:*", "hooks:modify-hook:g1/*", "assume:hook-id:g1/*"];
    let mut create = vec!["client", "create", CLIENT_ID, "--token", treble_tests::ACCESS_TOKEN];
    create.extend(scopes.iter().flat_map(|scope| ["--scope", scope]));
    assert_exit(&new.cli(&create), 0);
    let mut member = environment(&new);
    member[1].1 = CLIENT_ID.to_owned();
    member[2].1 = treble_tests::ACCESS_TOKEN.to_owned();
    let imported = new.cli_with(member, &["import", "--api", &path]);
    assert_says(&imported, 1, &["! hooks: g0/h0: Client ID treble does not have", "13 imported, 27 refused"]);
}
