//! `treble export` and `treble import`: what comes back, and what doesn't go through.

mod api;
mod files;
mod restore;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use treble_tests::{Exit, Request, Server, definition};

/// The taskId that a firing of `g0/h0` has chosen.
const TASK_ID: &str = "LRs8cOvwTLmg8ox_vJBlbA";

/// A hook in many groups and under many names, with all that a definition may have.
fn hook(number: usize) -> (String, Value) {
    let name = format!(
        "g{}/{}",
        number % 3,
        if number.is_multiple_of(2) { format!("h{number}") } else { format!("a%2F{number}") }
    );
    let mut definition = definition();
    definition["metadata"]["description"] = json!(format!("number {number}, {}", "x".repeat(2000)));
    definition["bindings"] = json!([{"exchange": "exchange/x", "routingKeyPattern": format!("{number}.#")}]);
    definition["schedule"] = json!(["0 0 0 1 1 *"]);
    definition["task"]["z"] = json!({"b": 1.5e300, "a": [null, "\u{1f600}", -0.25], "$$if": "true"});
    (name, definition)
}

/// Makes hooks, tokens, firings, failures, roles and clients.
async fn populate(server: &Server, hooks: usize) {
    for number in 0..hooks {
        let (name, definition) = hook(number);
        Request::to(&format!("PUT /hooks/{name}")).json(&definition).send(server).await.ok();
    }
    for (name, task_id) in [("g0/h0", TASK_ID), ("g1/a%2F1", "MRs8cOvwTLmg8ox_vJBlbA")] {
        for payload in [json!({}), json!({ "taskId": task_id })] {
            Request::to(&format!("POST /hooks/{name}/trigger")).json(&payload).send(server).await.ok();
        }
    }
    Request::to("POST /hooks/g0/h0/token").send(server).await.ok();
    let mut failing = definition();
    failing["task"] = json!({"$eval": "nothing"});
    Request::to("PUT /hooks/g0/failing").json(&failing).send(server).await.ok();
    Request::to("POST /hooks/g0/failing/trigger").json(&json!({})).send(server).await;
    for command in [
        "role set team:* --scope hooks:get:<..>:* --description Teams",
        "role set hook-id:g0/* --scope queue:*",
        "client create ci/one --scope assume:team:blue --token ci-one-access-token-0123456789",
        "client create ci/two --scope hooks:* --expires 1d",
        "client disable ci/two",
    ] {
        assert_exit(&server.cli(&command.split(' ').collect::<Vec<_>>()), 0);
    }
}

/// All that clients and administrators see, as it is sent to them.
async fn seen(server: &Server) -> Vec<(String, String)> {
    let mut seen = Vec::new();
    let mut ask = async |path: String| {
        let reply = Request::to(&format!("GET {path}")).send(server).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        seen.push((path, reply.text().to_owned()));
        reply.json()
    };
    let groups = ask("/hooks".to_owned()).await;
    for group in groups["groups"].as_array().unwrap() {
        let group = group.as_str().unwrap();
        let hooks = ask(format!("/hooks/{group}")).await;
        for hook in hooks["hooks"].as_array().unwrap() {
            let id = hook["hookId"].as_str().unwrap().replace('/', "%2F");
            for below in ["", "/token", "/status"] {
                ask(format!("/hooks/{group}/{id}{below}")).await;
            }
        }
    }
    for hook in ["g0/h0", "g1/a%2F1", "g0/failing"] {
        ask(format!("/hooks/{hook}/last-fires")).await;
    }
    for command in ["client list --json", "role list --json", "role show team:*"] {
        let exit = server.cli(&command.split(' ').collect::<Vec<_>>());
        assert_exit(&exit, 0);
        seen.push((command.to_owned(), exit.printed));
    }
    seen
}

#[track_caller]
fn assert_seen(now: &[(String, String)], before: &[(String, String)]) {
    for (now, before) in now.iter().zip(before) {
        assert_eq!(now, before);
    }
    assert_eq!(now.len(), before.len());
}

#[track_caller]
fn assert_exit(exit: &Exit, code: i32) {
    assert_eq!(exit.status.code(), Some(code), "{}", exit.printed);
}

#[track_caller]
fn assert_says(exit: &Exit, code: i32, parts: &[&str]) {
    assert_exit(exit, code);
    for part in parts {
        assert!(exit.printed.contains(part), "no {part:?} in: {}", exit.printed);
    }
}

/// The report of an import with `--json`, that ended with this code.
#[track_caller]
fn report(exit: &Exit, code: i32) -> Value {
    assert_exit(exit, code);
    serde_json::from_str(&exit.printed).unwrap_or_else(|error| panic!("{error}: {}", exit.printed))
}

/// Removes all that a data directory has but its master key.
fn keep_only_the_key(data: &Path) {
    for entry in fs::read_dir(data).unwrap().map(Result::unwrap) {
        if entry.file_name() != "master.key" {
            fs::remove_file(entry.path()).unwrap();
        }
    }
}
