//! The Rust client `taskcluster`: what its users do, as they do it.

use std::time::Duration;

use serde_json::json;
use taskcluster::{ClientBuilder, Credentials, Hooks, Retry, err_status_code};
use treble_tests::{Server, definition};

const HOUR: Duration = Duration::from_secs(3600);

fn builder(server: &Server, credentials: Option<Credentials>) -> ClientBuilder {
    let builder = ClientBuilder::new(server.root_url()).retry(Retry { retries: 0, ..Retry::default() });
    match credentials {
        Some(credentials) => builder.credentials(credentials),
        None => builder,
    }
}

fn hooks(server: &Server) -> Hooks {
    Hooks::new(builder(server, Some(server.credentials().clone()))).unwrap()
}

/// Asserts that a call fails with this status. (A macro: the client's error type is not ours to name.)
macro_rules! assert_fails {
    ($call:expr, $status:expr) => {
        let error = $call.await.unwrap_err();
        assert_eq!(err_status_code(&error).map(|code| code.as_u16()), Some($status), "{error:?}");
    };
}

#[tokio::test]
async fn life_of_a_hook() {
    let server = Server::start().await;
    let hooks = hooks(&server);
    Hooks::new(builder(&server, None)).unwrap().ping().await.unwrap();
    hooks.version().await.unwrap();
    hooks.heartbeat().await.unwrap();
    hooks.lbheartbeat().await.unwrap();

    let created = hooks.createHook("rust", "a/b", &definition()).await.unwrap();
    assert_eq!((&created["hookGroupId"], &created["hookId"]), (&json!("rust"), &json!("a/b")));
    assert_eq!(hooks.hook("rust", "a/b").await.unwrap()["task"], definition()["task"]);
    assert_eq!(hooks.listHookGroups().await.unwrap(), json!({"groups": ["rust"]}));
    assert_eq!(hooks.listHooks("rust").await.unwrap()["hooks"].as_array().unwrap().len(), 1);
    let mut changed = definition();
    changed["schedule"] = json!(["@daily"]);
    assert_fails!(hooks.createHook("rust", "a/b", &changed), 409);
    assert_eq!(hooks.updateHook("rust", "a/b", &changed).await.unwrap()["schedule"], json!(["@daily"]));
    let status = hooks.getHookStatus("rust", "a/b").await.unwrap();
    assert_eq!(status["lastFire"], json!({"result": "no-fire"}));
    assert!(status["nextScheduledDate"].is_string());
    hooks.removeHook("rust", "a/b").await.unwrap();
    hooks.removeHook("rust", "a/b").await.unwrap();
    assert_fails!(hooks.hook("rust", "a/b"), 404);
    assert_fails!(hooks.updateHook("rust", "a/b", &changed), 404);
    assert_fails!(hooks.createHook("rust", "a/b", &json!({})), 400);
}

#[tokio::test]
async fn triggers() {
    let server = Server::start().await;
    let hooks = hooks(&server);
    hooks.createHook("rust", "a/b", &definition()).await.unwrap();
    let reply = hooks.triggerHook("rust", "a/b", &json!({"x": 1})).await.unwrap();
    assert_eq!(reply["status"]["taskId"], reply["taskId"]);
    let token = hooks.getTriggerToken("rust", "a/b").await.unwrap();
    let token = token["token"].as_str().unwrap();
    let anonymous = Hooks::new(builder(&server, None)).unwrap();
    anonymous.triggerHookWithToken("rust", "a/b", token, &json!({})).await.unwrap();
    hooks.resetTriggerToken("rust", "a/b").await.unwrap();
    assert_fails!(anonymous.triggerHookWithToken("rust", "a/b", token, &json!({})), 401);
    let fires = hooks.listLastFires("rust", "a/b", None, None).await.unwrap();
    assert_eq!(fires["lastFires"].as_array().unwrap().len(), 2);
    // The client signs the path without its query, so this can't pass wherever the MAC is checked.
    assert_fails!(hooks.listLastFires("rust", "a/b", None, Some("1")), 401);
}

#[tokio::test]
async fn credentials() {
    let server = Server::start().await;
    let permanent = server.credentials();
    hooks(&server).createHook("rust", "a/b", &definition()).await.unwrap();
    assert_fails!(Hooks::new(builder(&server, None)).unwrap().hook("rust", "a/b"), 403);
    let wrong = Credentials::new(&*permanent.client_id, "no");
    assert_fails!(Hooks::new(builder(&server, Some(wrong))).unwrap().hook("rust", "a/b"), 401);

    let scopes = ["hooks:get:rust:a/b"];
    for temporary in [
        permanent.create_temp_creds(HOUR, scopes).unwrap(),
        permanent.create_named_temp_creds("temporary/rust", HOUR, scopes).unwrap(),
    ] {
        let narrow = Hooks::new(builder(&server, Some(temporary))).unwrap();
        narrow.hook("rust", "a/b").await.unwrap();
        assert_fails!(narrow.listHookGroups(), 403);
    }
    let authorized = builder(&server, Some(permanent.clone())).authorized_scopes(["hooks:list-hooks:"]);
    let narrow = Hooks::new(authorized).unwrap();
    narrow.listHookGroups().await.unwrap();
    assert_fails!(narrow.hook("rust", "a/b"), 403);
}

#[tokio::test]
async fn signed_urls() {
    let server = Server::start().await;
    let hooks = hooks(&server);
    hooks.createHook("rust", "a/b", &definition()).await.unwrap();
    let expected = hooks.getTriggerToken("rust", "a/b").await.unwrap();
    let url = hooks.getTriggerToken_signed_url("rust", "a/b", HOUR).unwrap();
    let reply = reqwest::get(url).await.unwrap();
    assert_eq!(reply.text().await.unwrap(), serde_json::to_string_pretty(&expected).unwrap());
    let url = hooks.listLastFires_signed_url("rust", "a/b", None, Some("1"), HOUR).unwrap();
    assert_eq!(reqwest::get(url).await.unwrap().status(), 404);
}
