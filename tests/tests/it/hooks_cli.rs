//! `treble hooks …`, as people and scripts run it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use taskcluster::Credentials;
use tempfile::TempDir;
use treble_tests::{Exit, Request, Server};

/// Two hooks of a group: one takes a name, the other, whose id has a slash, has a schedule.
const HOOKS: &str = "\
hookGroupId: tour
hookId: greet
metadata: {name: Greet, description: Says hello., owner: o@example.com}
triggerSchema:
  type: object
  properties: {name: {type: string, default: world}}
  additionalProperties: false
task: {provisionerId: p, workerType: w, payload: {says: 'Hello, ${payload.name}!', by: '${firedBy}'}}
---
- hookGroupId: tour
  hookId: nightly/clean
  metadata: {name: Clean, description: Cleans up., owner: o@example.com}
  schedule: ['30 2 * * *']
  task: {provisionerId: p, workerType: w}
";

/// A directory with this file.
fn file(name: &str, text: &str) -> (TempDir, String) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (dir, path)
}

/// A server with [`HOOKS`] applied.
async fn served() -> (Server, TempDir, String) {
    let server = Server::start().await;
    let (dir, path) = file("hooks.yaml", HOOKS);
    assert_exit(&server.hooks(&["apply", &path]), 0);
    (server, dir, path)
}

#[track_caller]
fn assert_exit(exit: &Exit, code: i32) {
    assert_eq!(exit.status.code(), Some(code), "{}", exit.printed);
    assert!(!exit.printed.contains('\x1b'), "colours in a pipe: {}", exit.printed);
}

#[track_caller]
fn assert_says(exit: &Exit, code: i32, parts: &[&str]) {
    assert_exit(exit, code);
    for part in parts {
        assert!(exit.printed.contains(part), "no {part:?} in: {}", exit.printed);
    }
}

/// What a command that must succeed prints with `--json`.
#[track_caller]
fn json_of(server: &Server, arguments: &[&str]) -> Value {
    let exit = server.hooks(&[arguments, &["--json"]].concat());
    assert_exit(&exit, 0);
    serde_json::from_str(&exit.printed).unwrap()
}

#[tokio::test]
async fn applying_twice_changes_nothing() {
    let server = Server::start().await;
    let (_dir, path) = file("hooks.yaml", HOOKS);
    let pending = server.hooks(&["apply", &path, "--dry-run"]);
    assert_says(&pending, 6, &["+ to create tour/greet", "2 hooks: 2 to create."]);
    assert_eq!(Request::to("GET /hooks/tour").send(&server).await.status, 404);
    assert_says(
        &server.hooks(&["apply", &path]),
        0,
        &["+ created tour/nightly/clean", "2 hooks: 2 created."],
    );
    assert_says(&server.hooks(&["apply", &path]), 0, &["= unchanged tour/greet", "2 hooks: 2 unchanged."]);
    assert_exit(&server.hooks(&["apply", &path, "--dry-run"]), 0);
}

#[tokio::test]
async fn a_change_is_shown_and_made() {
    let (server, _dir, path) = served().await;
    let mut greet = Request::to("GET /hooks/tour/greet").send(&server).await.ok();
    greet["bindings"] = json!([{"exchange": "exchange/e", "routingKeyPattern": "#"}]);
    Request::to("POST /hooks/tour/greet").json(&greet).send(&server).await.ok();
    fs::write(&path, HOOKS.replace("Cleans up.", "Tidies up.")).unwrap();
    let exit = server.hooks(&["apply", &path]);
    // Bindings that no file has are none.
    let diff = [
        "~ updated tour/greet",
        "-  - exchange: exchange/e",
        "-  description: Cleans up.",
        "+  description: Tidies up.",
    ];
    assert_says(&exit, 0, &diff);
    assert_eq!(Request::to("GET /hooks/tour/greet").send(&server).await.ok()["bindings"], json!([]));
    let outcomes = json_of(&server, &["apply", &path]);
    assert_eq!(outcomes["hooks"][1]["hookId"], "nightly/clean");
    assert_eq!(outcomes["hooks"][1]["action"], "unchanged");
}

#[tokio::test]
async fn pruning_is_agreed_to() {
    let (server, _dir, _) = served().await;
    let one = HOOKS.split("---").next().unwrap();
    let (_other, path) = file("one.yaml", one);
    assert_says(
        &server.hooks(&["apply", &path, "--prune"]),
        2,
        &["would delete 1 hook (tour/nightly/clean)", "--yes"],
    );
    assert_says(
        &server.hooks(&["apply", &path, "--prune", "--dry-run"]),
        6,
        &["- to remove tour/nightly/clean"],
    );
    assert_eq!(Request::to("GET /hooks/tour/nightly%2Fclean").send(&server).await.status, 200);
    assert_says(&server.hooks(&["apply", &path, "--prune", "--yes"]), 0, &["- removed tour/nightly/clean"]);
    assert_eq!(Request::to("GET /hooks/tour/nightly%2Fclean").send(&server).await.status, 404);
}

#[tokio::test]
async fn nothing_is_changed_before_all_files_are_good() {
    let server = Server::start().await;
    let (dir, path) = file("a.yaml", HOOKS);
    fs::write(Path::new(&dir.path()).join("b.yaml"), HOOKS.replace("30 2 * * *", "30 26 * * *")).unwrap();
    fs::write(Path::new(&dir.path()).join("c.json"), "[{\n\"hookId\": }]").unwrap();
    let exit = server.hooks(&["apply", dir.path().to_str().unwrap()]);
    assert_says(&exit, 1, &["c.json:2: expected value"]);
    fs::write(Path::new(&dir.path()).join("c.json"), "[{\"hookId\": \"x\"}]").unwrap();
    let exit = server.hooks(&["apply", dir.path().to_str().unwrap()]);
    let mistakes = [
        "b.yaml:1: tour/greet is in ".to_owned() + &path + ":1 as well",
        "b.yaml:10: tour/nightly/clean: schedule: Constraint error".to_owned(),
        "c.json:1: item 1: must have required property 'metadata'".to_owned(),
    ];
    assert_says(&exit, 1, &mistakes.each_ref().map(String::as_str));
    assert_eq!(Request::to("GET /hooks/tour").send(&server).await.status, 404);
}

#[tokio::test]
async fn hooks_are_listed_shown_and_deleted() {
    let (server, _dir, path) = served().await;
    assert_says(&server.hooks(&["list"]), 0, &["HOOK ", "tour/greet ", "30 2 * * *", "02:30:00 UTC"]);
    assert_says(&server.hooks(&["list", "--status"]), 0, &["LAST FIRING", "never"]);
    assert_eq!(json_of(&server, &["list", "tour"]).as_array().unwrap().len(), 2);
    assert_says(
        &server.hooks(&["show", "tour/nightly/clean"]),
        0,
        &["owner         o@example.com", "task\n  provisionerId: p"],
    );
    assert_eq!(json_of(&server, &["show", "tour/greet"])["hookId"], "greet");

    let yaml = server.hooks(&["show", "tour/greet", "--yaml"]);
    fs::write(&path, &yaml.printed).unwrap();
    assert_says(&server.hooks(&["apply", &path]), 0, &["= unchanged tour/greet"]);

    let deleted = server.hooks(&["delete", "tour/nightly/clean", "tour/greet", "tour/none"]);
    assert_says(&deleted, 3, &["- deleted tour/greet", "! failed tour/none: No such hook"]);
    for arguments in
        [["list", "tour"], ["show", "tour/greet"], ["trigger", "tour/greet"], ["fires", "tour/greet"]]
    {
        assert_says(&server.hooks(&arguments), 3, &["treble: No such "]);
    }
}

#[tokio::test]
async fn a_hook_is_triggered() {
    let (server, _dir, _) = served().await;
    assert_says(&server.hooks(&["trigger", "tour/greet", "-F", "name=Ada"]), 0, &["Created the task "]);
    let reply = json_of(&server, &["trigger", "tour/greet", "--payload", r#"{"name": "Eve"}"#]);
    let (_dir, payload) = file("payload.yaml", "name: 7\n");
    let refused = server.hooks(&["trigger", "tour/greet", "--payload", &format!("@{payload}")]);
    assert_says(&refused, 1, &["data/name must be string"]);
    assert_says(&server.hooks(&["trigger", "tour/greet", "--payload", "{"]), 2, &["--payload must be JSON"]);

    let fires = json_of(&server, &["fires", "tour/greet", "-n", "1"]);
    assert_eq!(fires.as_array().unwrap().len(), 1);
    assert_eq!(fires[0]["taskId"], reply["taskId"]);
    assert_says(&server.hooks(&["fires", "tour/greet"]), 0, &["TIME ", "success", "triggerHook"]);
    assert_eq!(server.tasks().await.len(), 2);
}

#[tokio::test]
async fn rendering_creates_nothing() {
    let (server, _dir, path) = served().await;
    let options = ["--now", "2030-01-31T00:00:00Z", "--task-id", "AAAAAAAAQACAAAAAAAAAAA"];
    let rendered = json_of(&server, &[&["render", "tour/greet"], &options[..]].concat());
    assert_eq!((&rendered["verdict"], &rendered["payload"]), (&json!("accepted"), &json!({"name": "world"})));
    let task = json!({
        "provisionerId": "p", "workerType": "w", "payload": {"says": "Hello, world!", "by": "triggerHook"},
        "created": "2030-01-31T00:00:00.000Z", "deadline": "2030-02-01T00:00:00.000Z",
        "expires": "2030-02-28T00:00:00.000Z", "taskGroupId": "AAAAAAAAQACAAAAAAAAAAA",
    });
    assert_eq!(rendered["task"], task);

    let refused = server.hooks(&["render", "tour/greet", "-F", "name:=7", "-F", "x=y"]);
    assert_says(
        &refused,
        1,
        &["refuses the payload", "data/name must be string", "additional properties: \"x\""],
    );
    // The schedule has no payload, which this template wants.
    let failing = server.hooks(&["render", "tour/greet", "--file", &path, "--fired-by", "schedule"]);
    assert_says(&failing, 1, &["the firing would fail"]);
    let nothing = "metadata: {name: n, description: d, owner: o}\ntask: {$if: 'false', then: {}}\n";
    let (_other, declining) = file("declining.yaml", nothing);
    assert_says(
        &server.hooks(&["render", "--file", &declining]),
        0,
        &["accepts", "declines to create a task"],
    );
    assert_eq!(server.tasks().await.len(), 0);
    assert_says(&server.hooks(&["fires", "tour/greet"]), 0, &["tour/greet has not fired yet."]);
    assert_says(&server.hooks(&["fires", "tour/none"]), 3, &["No such hook"]);
}

#[tokio::test]
async fn coming_moments() {
    let (server, _dir, path) = served().await;
    let from = ["--from", "2030-01-01T00:00:00Z", "-n", "2"];
    let expected = json!(["2030-01-01T02:30:00.000Z", "2030-01-02T02:30:00.000Z"]);
    let places: [&[&str]; 3] = [
        &["next", "tour/nightly/clean"],
        &["next", "tour/nightly/clean", "--file", &path],
        &["next", "--schedule", "30 2 * * *"],
    ];
    for place in places {
        assert_eq!(json_of(&server, &[place, &from].concat()), expected, "{place:?}");
    }
    assert_says(&server.hooks(&["next", "--schedule", "30 2 * * *"]), 0, &["NEXT", "02:30:00 UTC"]);
    assert_says(&server.hooks(&["next", "tour/greet"]), 0, &["Never"]);
    assert_says(&server.hooks(&["next", "--schedule", "61 * * * *"]), 1, &["Constraint error"]);
}

#[tokio::test]
async fn a_deployment_is_found_by_the_environment() {
    let (server, _dir, path) = served().await;
    let made = server.cli(&["client", "create", "ci/reader", "--scope", "hooks:get:tour:*", "--json"]);
    let made: Value = serde_json::from_str(&made.printed).unwrap();
    let reader = Credentials::new("ci/reader", made["accessToken"].as_str().unwrap());
    assert_says(&server.hooks_as(&reader, &["show", "tour/greet"]), 0, &["Says hello."]);
    assert_says(&server.hooks_as(&reader, &["apply", &path]), 0, &["2 unchanged"]);
    for arguments in
        [["list", "tour"], ["trigger", "tour/greet"], ["fires", "tour/greet"], ["delete", "tour/greet"]]
    {
        assert_says(&server.hooks_as(&reader, &arguments), 4, &["ci/reader does not have sufficient scopes"]);
    }
    let stranger = Credentials::new("ci/stranger", "not-its-access-token-at-all");
    assert_exit(&server.hooks_as(&stranger, &["list"]), 4);
    // What a service can't take is told for each hook, and stops no other.
    fs::write(&path, HOOKS.replace("Cleans up.", "Tidies up.")).unwrap();
    assert_says(
        &server.hooks_as(&reader, &["apply", &path]),
        4,
        &["= unchanged tour/greet", "! failed tour/nightly/clean"],
    );
}

#[tokio::test]
async fn without_a_server_it_says_how_to_start_one() {
    let stopped = Server::start().await.interrupt();
    let exit = stopped.cli(&["hooks", "list"], &stopped.data().join("none"));
    if std::env::var_os("AWS_ENDPOINT_URL").is_none() {
        assert_says(&exit, 5, &["no server runs on the data directory", "`treble up --data "]);
        assert_says(&stopped.cli(&["hooks", "list"], stopped.data()), 5, &["`treble up --data "]);
    }
}
