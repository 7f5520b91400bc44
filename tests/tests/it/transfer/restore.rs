//! Backups of a store, and what they bring back.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;
use tokio::task::spawn_blocking;
use treble_tests::{Caller, until};

use super::*;

/// A directory, and the path of a file in it that isn't there yet.
fn file() -> (TempDir, String) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("backup.jsonl").to_str().unwrap().to_owned();
    (dir, path)
}

#[tokio::test]
async fn an_empty_directory_becomes_what_the_backup_was() {
    let server = Server::start().await;
    if server.is_on_aws() {
        return;
    }
    populate(&server, 60).await;
    let before = seen(&server).await;
    let (_dir, path) = file();
    assert_says(&server.cli(&["export", &path]), 0, &["Exported "]);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let secret = server.credentials().access_token.clone();
    assert!(!fs::read_to_string(&path).unwrap().contains(&secret), "an access token in the clear");

    let stopped = server.kill();
    keep_only_the_key(stopped.data());
    let imported = report(&stopped.cli(&["import", &path, "--json"], stopped.data()), 0);
    assert_eq!(imported["counts"]["hooks"]["new"], 61, "{imported}");
    assert_eq!(imported["counts"]["claims"]["new"], 2, "{imported}");
    // Its root client signs from here on: that is back as well, and none was made in its place.
    let server = stopped.start();
    assert_seen(&seen(&server).await, &before);

    // A request that was made before is answered from what is known of it.
    let again = json!({ "taskId": TASK_ID });
    let tasks = server.tasks().await.len();
    Request::to("POST /hooks/g0/h0/trigger").json(&again).send(&server).await.ok();
    assert_eq!(server.tasks().await.len(), tasks);
    // A client's token opens, and its role's scopes count.
    let ci = taskcluster::Credentials::new("ci/one", "ci-one-access-token-0123456789");
    let ci = Caller::Signed(Box::new(server.signer_of(&ci)));
    assert_eq!(Request::to("GET /hooks/blue/x").by(ci.clone()).send(&server).await.status, 404);
    assert_eq!(Request::to("GET /hooks/red/x").by(ci).send(&server).await.status, 403);
}

/// Also through the socket of a running server, and in tables on AWS.
#[tokio::test]
async fn what_was_lost_comes_back_and_what_changed_stays() {
    let server = Server::start().await;
    populate(&server, 12).await;
    let before = seen(&server).await;
    let (_dir, path) = file();
    assert_exit(&server.cli(&["export", &path]), 0);
    let same = report(&server.cli(&["import", &path, "--json"]), 0);
    assert_eq!(same["counts"]["hooks"]["same"], 13, "{same}");
    assert_eq!(same["counts"]["clients"]["same"], 3, "{same}");

    for lost in ["g0/h0", "g1/a%2F1", "g2/h2"] {
        Request::to(&format!("DELETE /hooks/{lost}")).send(&server).await.ok();
    }
    for lost in ["client delete ci/one", "role delete team:*"] {
        assert_exit(&server.cli(&lost.split(' ').collect::<Vec<_>>()), 0);
    }
    let pending = server.cli(&["import", &path, "--dry-run"]);
    assert_says(
        &pending,
        0,
        &["hooks: 3 to import, 10 there already", "clients: 1 to import", "roles: 1 to import"],
    );
    assert_eq!(Request::to("GET /hooks/g2/h2").send(&server).await.status, 404);
    assert_says(&server.cli(&["import", &path]), 0, &["hooks: 3 imported, 10 there already"]);
    assert_seen(&seen(&server).await, &before);

    // One that was changed since, and one that was made anew.
    let mut changed = hook(4).1;
    changed["metadata"]["name"] = json!("changed");
    Request::to("POST /hooks/g1/h4").json(&changed).send(&server).await.ok();
    Request::to("DELETE /hooks/g0/a%2F3").send(&server).await.ok();
    Request::to("PUT /hooks/g0/a%2F3").json(&hook(3).1).send(&server).await.ok();
    assert_exit(&server.cli(&["role", "set", "hook-id:g0/*", "--scope", "queue:less"]), 0);
    let kept = server.cli(&["import", &path]);
    let differing =
        ["! hooks: g1/h4: is there, and differs", "! hooks: g0/a/3: is there", "! roles: hook-id:g0/*"];
    assert_says(&kept, 1, &differing);
    assert_eq!(Request::to("GET /hooks/g1/h4").send(&server).await.ok()["metadata"]["name"], "changed");
    assert_says(&server.cli(&["import", &path, "--replace"]), 0, &["hooks: 2 replaced, 11 there already"]);
    assert_exit(&server.cli(&["import", &path]), 0);
    assert_seen(&seen(&server).await, &before);
}

#[tokio::test]
async fn an_import_that_was_cut_short_is_made_again() {
    let server = Server::start().await;
    if server.is_on_aws() {
        return;
    }
    populate(&server, 300).await;
    let before = seen(&server).await;
    let (_dir, path) = file();
    assert_exit(&server.cli(&["export", &path]), 0);
    let stopped = server.kill();
    keep_only_the_key(stopped.data());
    // A first start makes a root client, in the place of which the backup's is to be.
    let server = Arc::new(stopped.start());
    let import = {
        let (server, path) = (Arc::clone(&server), path.clone());
        spawn_blocking(move || server.cli(&["import", &path, "--replace"]))
    };
    until(async || Request::to("GET /hooks/g0/h0").send(&server).await.status == 200).await;
    let killed = Command::new("kill").args(["-KILL", &server.pid().to_string()]).status().unwrap();
    assert!(killed.success());
    let says = ["the import stopped at ", "import the file again to go on"];
    assert_says(&import.await.unwrap(), 1, &says);

    let server = Arc::into_inner(server).unwrap().kill().start();
    assert_says(&server.cli(&["import", &path, "--replace"]), 0, &[" imported, "]);
    // The sample of that first start.
    Request::to("DELETE /hooks/examples/hello").send(&server).await.ok();
    assert_seen(&seen(&server).await, &before);
}

/// As after any outage: what was missed fires once, late, and the schedule goes on.
#[tokio::test]
async fn what_a_schedule_missed_fires_once() {
    let server = Server::start().await;
    if server.is_on_aws() {
        return;
    }
    let mut daily = definition();
    daily["schedule"] = json!(["0 0 0 * * *"]);
    Request::to("PUT /hooks/g/daily").json(&daily).send(&server).await.ok();
    let (_dir, path) = file();
    assert_exit(&server.cli(&["export", &path]), 0);
    Request::to("DELETE /hooks/g/daily").send(&server).await.ok();

    // A backup of four days ago.
    let aged = |line: &str| -> String {
        let mut record: Value = serde_json::from_str(line).unwrap();
        if let Some(hook) = record.get_mut("hook") {
            for moment in ["created", "dueAt"] {
                let now: jiff::Timestamp = hook[moment].as_str().unwrap().parse().unwrap();
                hook[moment] = json!(now - jiff::SignedDuration::from_hours(4 * 24));
            }
        }
        record.to_string()
    };
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.lines().map(aged).collect::<Vec<_>>().join("\n")).unwrap();
    assert_says(&server.cli(&["import", &path]), 0, &["hooks: 1 imported"]);
    until(async || !server.last_fires("g/daily").await.is_empty()).await;
    // All that was missed has been sent when the hook has moved on.
    let is_ahead = async || {
        let status = Request::to("GET /hooks/g/daily/status").send(&server).await.ok();
        status["nextScheduledDate"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap()
            > jiff::Timestamp::now()
    };
    until(is_ahead).await;
    assert_eq!(server.last_fires("g/daily").await.len(), 1);
    assert_eq!(server.tasks().await.len(), 1);
}
