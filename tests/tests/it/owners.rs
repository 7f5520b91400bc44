//! What the owner of a hook is told by the local server: once when it begins to fail, once when it works again.

use std::path::Path;

use serde_json::{Value, json};
use treble_tests::{Deployment, Request, Server, definition, until};

/// A server with a database of its own, wherever the other tests have theirs: on AWS, owners are told by functions.
async fn start() -> Server {
    Server::on(None, &[]).await
}

/// `g/<id>`, whose template renders or doesn't.
fn hook(works: bool, email_on_error: bool) -> Value {
    let mut hook = definition();
    hook["metadata"]["emailOnError"] = email_on_error.into();
    if !works {
        hook["task"]["payload"] = json!({"$eval": "nobodyKnows"});
    }
    hook
}

async fn create(server: &Server, id: &str, hook: &Value) {
    Request::to(&format!("PUT /hooks/g/{id}")).json(hook).send(server).await.ok();
}

async fn update(server: &Server, id: &str, hook: &Value) {
    Request::to(&format!("POST /hooks/g/{id}")).json(hook).send(server).await.ok();
}

async fn trigger(server: &Server, id: &str, works: bool) {
    let reply = Request::to(&format!("POST /hooks/g/{id}/trigger")).json(&json!({})).send(server).await;
    assert_eq!(reply.status == 200, works, "{}", reply.text());
}

/// The mails in a server's mailbox, once it has stopped: by then all are there.
fn mails(data: &Path) -> Vec<String> {
    let mailbox = std::fs::read_to_string(data.join("mailbox.txt")).unwrap_or_default();
    let mut mails: Vec<String> = Vec::new();
    for line in mailbox.split_inclusive('\n') {
        if line.starts_with("From ") {
            mails.push(String::new());
        }
        mails.last_mut().unwrap().push_str(line);
    }
    mails
}

fn subjects(data: &Path) -> Vec<String> {
    let subject =
        |mail: &String| mail.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap().to_owned();
    mails(data).iter().map(subject).collect()
}

#[tokio::test]
async fn an_owner_is_told_once_of_the_beginning_and_once_of_the_end() {
    let server = start().await;
    create(&server, "h", &hook(false, true)).await;
    trigger(&server, "h", false).await;
    trigger(&server, "h", false).await;
    let root_url = server.root_url().to_owned();
    let stopped = server.interrupt();
    assert!(stopped.exit.printed.contains("Mailed to o@example.com: Hook g/h fails"), "{:?}", stopped.exit);
    let [mail] = &mails(stopped.data())[..] else { panic!("{:?}", mails(stopped.data())) };
    for told in [
        "\nTo: o@example.com\n",
        "\nSubject: Hook g/h fails\n",
        "\nHook:          g/h: n\n",
        ", by a call of triggerHook\n",
        "nobodyKnows",
        "\n- It has no schedule: it fires again when it is triggered.\n",
        "\n- You are told of no other failure of this hook before ",
        "\n  treble hooks trigger g/h\n",
        "\n  treble hooks fires g/h\n",
        "\n  treble dead-letters redrive --hook g/h\n",
        &root_url,
    ] {
        assert!(mail.contains(told), "{told}: {mail}");
    }

    // A restart makes no difference.
    let server = stopped.start();
    trigger(&server, "h", false).await;
    update(&server, "h", &hook(true, true)).await;
    trigger(&server, "h", true).await;
    trigger(&server, "h", true).await;
    let stopped = server.interrupt();
    assert_eq!(subjects(stopped.data()), ["Hook g/h fails", "Hook g/h works again"]);
}

#[tokio::test]
async fn a_hook_that_comes_and_goes_is_told_of_once() {
    let server = start().await;
    create(&server, "h", &hook(true, true)).await;
    for _ in 0..3 {
        update(&server, "h", &hook(false, true)).await;
        trigger(&server, "h", false).await;
        update(&server, "h", &hook(true, true)).await;
        trigger(&server, "h", true).await;
    }
    let stopped = server.interrupt();
    assert_eq!(subjects(stopped.data()), ["Hook g/h fails", "Hook g/h works again"]);
}

#[tokio::test]
async fn who_wants_no_mail_gets_none() {
    let server = start().await;
    let mut nobody = hook(false, true);
    nobody["metadata"]["owner"] = "nobody".into();
    for (id, hook) in [("silent", hook(false, false)), ("nobody", nobody), ("gone", hook(false, true))] {
        create(&server, id, &hook).await;
        if id != "gone" {
            trigger(&server, id, false).await;
        }
    }
    Request::to("DELETE /hooks/g/gone").send(&server).await.ok();
    let stopped = server.interrupt();
    assert!(!stopped.data().join("mailbox.txt").exists());
}

/// Whoever triggers two at once makes one streak of them.
#[tokio::test]
async fn failures_at_once_are_one_mail() {
    let server = start().await;
    create(&server, "h", &hook(false, true)).await;
    let request = || Request::to("POST /hooks/g/h/trigger").json(&json!({}));
    let (a, b, c, d) = (request(), request(), request(), request());
    tokio::join!(a.send(&server), b.send(&server), c.send(&server), d.send(&server));
    let stopped = server.interrupt();
    assert_eq!(subjects(stopped.data()), ["Hook g/h fails"]);
}

/// What can't be fired for a while is a failure when it is given up; and it works again when it is sent again, as the mail says.
#[tokio::test]
async fn what_is_given_up_is_told_and_what_works_again() {
    let deployment = Deployment::start();
    deployment.answer(std::iter::repeat_n((500, json!({})), 1000));
    let sink = format!("taskcluster:{}", deployment.root_url());
    let server = Server::on(None, &["--sink", &sink, "--attempts", "1"]).await;
    let mut scheduled = hook(true, true);
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(8);
    scheduled["schedule"] = json!([soon.strftime("%-S %-M %-H %-d %-m *").to_string()]);
    create(&server, "h", &scheduled).await;
    until(async || server.cli(&["dead-letters", "list", "--json"]).printed.contains("g/h")).await;

    deployment.works_again();
    let redriven = server.cli(&["dead-letters", "redrive", "--hook", "g/h"]);
    assert!(redriven.status.success(), "{redriven:?}");
    until(async || {
        let fires = Request::to("GET /hooks/g/h/last-fires").send(&server).await.ok();
        fires["lastFires"][0]["result"] == "success"
    })
    .await;
    // The record comes first.
    until(async || mails(server.data()).len() == 2).await;
    let stopped = server.interrupt();
    assert_eq!(subjects(stopped.data()), ["Hook g/h fails", "Hook g/h works again"]);
    let mail = &mails(stopped.data())[0];
    for told in [", by its schedule\n", "500", "\n- It fires again by its schedule at "] {
        assert!(mail.contains(told), "{told}: {mail}");
    }
}
