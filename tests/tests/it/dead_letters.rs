//! What can't be fired is kept, shown, sent again and dropped.

use serde_json::{Value, json};
use treble_tests::{Deployment, Request, Server, definition, until};

/// A server whose Queue doesn't work, with hooks that have failed for good.
async fn server(hooks: &[&str]) -> Option<(Server, Deployment)> {
    let deployment = Deployment::start();
    deployment.answer(std::iter::repeat_n((500, json!({})), 1000));
    let sink = format!("taskcluster:{}", deployment.root_url());
    let server = Server::with(&["--sink", &sink, "--attempts", "1"]).await;
    if server.is_on_aws() {
        return None;
    }
    for hook in hooks {
        let mut definition = definition();
        let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(8);
        definition["schedule"] = json!([soon.strftime("%-S %-M %-H %-d %-m *").to_string()]);
        Request::to(&format!("PUT /hooks/{hook}")).json(&definition).send(&server).await.ok();
    }
    until(async || list(&server, &[]).len() == hooks.len()).await;
    Some((server, deployment))
}

fn list(server: &Server, filter: &[&str]) -> Vec<Value> {
    let exit = server.cli(&[&["dead-letters", "list", "--json"], filter].concat());
    serde_json::from_str(&exit.printed).unwrap_or_else(|error| panic!("{error}: {}", exit.printed))
}

async fn last_result(server: &Server, hook: &str) -> Value {
    let fires = Request::to(&format!("GET /hooks/{hook}/last-fires")).send(server).await.ok();
    fires["lastFires"][0]["result"].clone()
}

#[tokio::test]
async fn a_dead_letter_is_recorded_shown_and_sent_again() {
    let Some((server, deployment)) = server(&["g/one", "g/two"]).await else { return };
    assert_eq!(last_result(&server, "g/one").await, "error");
    let one = list(&server, &["--hook", "g/one"]);
    let [letter] = &one[..] else { panic!("{one:?}") };
    assert_eq!((&letter["hook"], &letter["message"]["firedBy"]), (&json!("g/one"), &json!("schedule")));
    assert!(letter["reason"].as_str().unwrap().contains("500"), "{letter}");
    let id = letter["id"].as_str().unwrap();
    assert!(server.cli(&["dead-letters", "show", id]).printed.contains("g/one"));
    assert!(list(&server, &["--before", "2026-01-01T00:00:00Z"]).is_empty());

    deployment.works_again();
    assert!(server.cli(&["dead-letters", "redrive"]).printed.contains("say which"));
    assert_eq!(server.cli(&["dead-letters", "redrive", id]).printed, "Sent again 1 dead letter.\n");
    until(async || last_result(&server, "g/one").await == "success").await;
    assert_eq!(list(&server, &[]).len(), 1);
    assert_eq!(deployment.tasks().keys().collect::<Vec<_>>(), [id]);
    assert_eq!(server.cli(&["dead-letters", "drop", "--hook", "g/two"]).printed, "Dropped 1 dead letter.\n");
    assert_eq!(server.cli(&["dead-letters", "list"]).printed, "No dead letters.\n");
    let gone = server.cli(&["dead-letters", "show", id]);
    assert!(gone.printed.contains("there is no dead letter"), "{}", gone.printed);
}
