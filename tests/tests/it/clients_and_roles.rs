//! Clients and roles made at the command line, and what they may then do.

use serde_json::{Value, json};
use taskcluster::Credentials;
use treble_tests::{Caller, Request, Server, Signer, Stopped, definition};

/// Runs a command that must succeed, and gives the JSON that it prints.
fn cli(stopped: &Stopped, line: &str) -> Value {
    let arguments: Vec<&str> = line.split(' ').chain(["--json"]).collect();
    let exit = stopped.cli(&arguments, stopped.data());
    assert!(exit.status.success(), "{line}: {exit:?}");
    serde_json::from_str(&exit.printed).unwrap_or_default()
}

/// Makes a client, and gives its credentials.
fn client(stopped: &Stopped, id: &str, options: &str) -> Credentials {
    let made = cli(stopped, &format!("client create {id} {options}"));
    Credentials::new(id, made["accessToken"].as_str().unwrap())
}

fn by(signer: &Signer, line: &str) -> Request {
    Request::to(line).by(Caller::Signed(Box::new(signer.clone())))
}

#[tokio::test]
async fn a_client_has_the_scopes_of_its_roles() {
    let stopped = Server::start().await.interrupt();
    cli(&stopped, "role set readers --scope hooks:list-hooks:*");
    let credentials = client(&stopped, "ci/reader", "--scope assume:readers");
    let server = stopped.start();
    let reader = server.signer_of(&credentials);
    assert_eq!(by(&reader, "GET /hooks").send(&server).await.ok(), json!({"groups": []}));
    assert_eq!(by(&reader, "GET /hooks/g").send(&server).await.error().1, "No such group");
    let refused = by(&reader, "GET /hooks/g/h").send(&server).await;
    assert_eq!(refused.status, 403);
    assert!(refused.error().1.starts_with("Client ID ci/reader does not have sufficient scopes"));

    // It can't hand on what it hasn't, nor under a name that it may not give.
    for issued in [
        reader.issue(None, &["hooks:*"], |_| {}),
        reader.issue(Some("ci/other"), &["hooks:list-hooks:"], |_| {}),
    ] {
        assert_eq!(by(&issued, "GET /hooks").send(&server).await.status, 401);
    }
    let handed_on = reader.issue(None, &["hooks:list-hooks:"], |_| {});
    by(&handed_on, "GET /hooks").send(&server).await.ok();
}

#[tokio::test]
async fn roles_take_parameters_and_everybody_has_the_anonymous_one() {
    let stopped = Server::start().await.interrupt();
    cli(&stopped, "role set anonymous --scope hooks:list-hooks:");
    cli(&stopped, "role set team:* --scope hooks:get:<..>:* --scope hooks:list-hooks:<..>");
    let credentials = client(&stopped, "ci/team", "--scope assume:team:blue");
    let server = stopped.start();
    Request::to("GET /hooks").anonymously().send(&server).await.ok();
    assert_eq!(Request::to("GET /hooks/blue").anonymously().send(&server).await.status, 403);
    let member = server.signer_of(&credentials);
    let cases = [
        ("/hooks", 200),
        ("/hooks/blue", 404),
        ("/hooks/blue/x", 404),
        ("/hooks/red", 403),
        ("/hooks/red/x", 403),
    ];
    for (path, status) in cases {
        let reply = by(&member, &format!("GET {path}")).send(&server).await;
        assert_eq!(reply.status, status, "{path}: {}", reply.text());
    }
}

#[tokio::test]
async fn clients_end() {
    let stopped = Server::start().await.interrupt();
    let lasting = client(&stopped, "ci/lasting", "--scope hooks:* --expires 1d");
    let disabled = client(&stopped, "ci/disabled", "--scope hooks:*");
    let deleted = client(&stopped, "ci/deleted", "--scope hooks:*");
    let reset = client(&stopped, "ci/reset", "--scope hooks:*");
    cli(&stopped, "client disable ci/disabled");
    cli(&stopped, "client delete ci/deleted");
    cli(&stopped, "client reset ci/reset");
    let server = stopped.start();
    for (credentials, status) in [(lasting, 200), (disabled, 401), (deleted, 401), (reset, 401)] {
        let reply = by(&server.signer_of(&credentials), "GET /hooks").send(&server).await;
        assert_eq!(reply.status, status, "{}: {}", credentials.client_id, reply.text());
    }
}

/// A task may have no scopes that its hook's role hasn't.
#[tokio::test]
async fn a_task_needs_its_hooks_role() {
    let server = Server::start().await;
    let mut hook = definition();
    hook["task"]["scopes"] = json!(["secrets:get:x", "queue:y"]);
    Request::to("PUT /hooks/g/h").json(&hook).send(&server).await.ok();
    let refused = Request::to("POST /hooks/g/h/trigger").json(&json!({})).send(&server).await;
    assert_eq!((refused.status, refused.error().0.as_str()), (403, "InsufficientScopes"));
    let says = refused.error().1;
    assert!(
        says.starts_with("The role `hook-id:g/h` does not have sufficient scopes to create the task:\n\n"),
        "{says}"
    );
    assert!(says.contains("secrets:get:x") && says.contains("queue:y"), "{says}");
    assert_eq!(server.tasks().await.len(), 0);
    let fires = Request::to("GET /hooks/g/h/last-fires").send(&server).await.ok();
    assert_eq!(fires["lastFires"][0]["result"], "error");

    let stopped = server.interrupt();
    cli(&stopped, "role set hook-id:g/* --scope secrets:* --scope queue:y");
    let server = stopped.start();
    Request::to("POST /hooks/g/h/trigger").json(&json!({})).send(&server).await.ok();
    assert_eq!(server.tasks().await.len(), 1);
}
