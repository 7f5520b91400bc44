//! The server as a process: starting where it can't, stopping, and starting again.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;
use treble_tests::{Exit, Request, Server, definition};

/// Asserts that a start failed with one line that mentions this.
#[track_caller]
fn assert_refused(exit: &Exit, mentions: &str) {
    assert_eq!(exit.status.code(), Some(1), "{exit:?}");
    assert_eq!(exit.printed.trim_end().lines().count(), 1, "{}", exit.printed);
    assert!(exit.printed.contains(mentions), "{}", exit.printed);
}

/// Where the data is elsewhere, a data directory can't be in the way.
fn on_aws() -> bool {
    std::env::var_os("AWS_ENDPOINT_URL").is_some()
}

#[tokio::test]
async fn a_restart_keeps_everything() {
    let server = Server::start().await;
    let created = Request::to("PUT /hooks/g/h").json(&definition()).send(&server).await.ok();
    let fired = Request::to("POST /hooks/g/h/trigger").json(&json!({})).send(&server).await.ok();
    let token = Request::to("GET /hooks/g/h/token").send(&server).await.ok();

    let stopped = server.interrupt();
    assert!(stopped.exit.status.success(), "{:?}", stopped.exit);
    let server = stopped.start();
    let found = Request::to("GET /hooks/g/h").send(&server).await.ok();
    assert_eq!(found["task"], created["task"]);
    assert_eq!(Request::to("GET /hooks/g/h/token").send(&server).await.ok(), token);

    // The same without a chance to say goodbye.
    let server = server.kill().start();
    let fires = Request::to("GET /hooks/g/h/last-fires").send(&server).await.ok();
    assert_eq!(fires["lastFires"][0]["taskId"], fired["taskId"]);
    Request::to("POST /hooks/g/h/trigger").json(&json!({})).send(&server).await.ok();
    assert_eq!(server.tasks().await.len(), 2);
}

#[tokio::test]
async fn a_port_in_use() {
    let server = Server::start().await;
    let port = server.port();
    let stopped = server.interrupt();
    let _listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    assert_refused(&stopped.start_in_vain(), &port.to_string());
}

#[tokio::test]
async fn a_locked_data_directory() {
    if on_aws() {
        return;
    }
    let server = Server::start().await;
    let exit = server.cli(&["up", "--port", "0"]);
    assert_refused(&exit, server.data().to_str().unwrap());
    assert_eq!(Request::to("GET /ping").send(&server).await.status, 200);
}

#[tokio::test]
async fn a_damaged_data_directory() {
    if on_aws() {
        return;
    }
    for damaged in ["treble.db", "master.key"] {
        let stopped = Server::start().await.interrupt();
        // The database with its log beside it, from which it would otherwise be restored.
        for entry in std::fs::read_dir(stopped.data()).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap().to_string_lossy().starts_with(damaged) {
                std::fs::write(&path, "not what it was").unwrap();
            }
        }
        assert_refused(&stopped.start_in_vain(), stopped.data().join(damaged).to_str().unwrap());
    }
}

#[tokio::test]
async fn a_data_directory_that_cant_be_written() {
    if on_aws() {
        return;
    }
    let stopped = Server::start().await.interrupt();
    let file = stopped.data().join("file");
    std::fs::write(&file, "").unwrap();
    let below_a_file = file.join("data");
    let exit = stopped.cli(&["up", "--port", "0"], &below_a_file);
    assert_refused(&exit, below_a_file.to_str().unwrap());

    // Root may write anywhere, so this shows something only to others.
    let locked = stopped.data().join("locked");
    std::fs::create_dir(&locked).unwrap();
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o500)).unwrap();
    if std::fs::write(locked.join("probe"), "").is_err() {
        assert_refused(&stopped.cli(&["up", "--port", "0"], &locked), locked.to_str().unwrap());
    }
}

/// What was answered survives a process that ends without a word.
#[tokio::test]
async fn what_was_accepted_is_kept() {
    let server = Server::start().await;
    let mut fired = Vec::new();
    for number in 0..20 {
        Request::to(&format!("PUT /hooks/g/h{number}")).json(&definition()).send(&server).await.ok();
        let reply = Request::to("POST /hooks/g/h0/trigger").json(&json!({})).send(&server).await.ok();
        fired.insert(0, reply["taskId"].clone());
    }
    let server = server.kill().start();
    let hooks = Request::to("GET /hooks/g").send(&server).await.ok();
    assert_eq!(hooks["hooks"].as_array().unwrap().len(), 20);
    let fires = Request::to("GET /hooks/g/h0/last-fires").send(&server).await.ok();
    let recorded: Vec<_> =
        fires["lastFires"].as_array().unwrap().iter().map(|fire| fire["taskId"].clone()).collect();
    assert_eq!(recorded, fired);
    assert_eq!(server.tasks().await.len(), 20);
}
