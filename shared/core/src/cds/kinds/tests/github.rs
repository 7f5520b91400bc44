use serde_json::{Value, json};

use super::super::Provider;
use super::{entries, ignored, run, sent};

const HEAD: &str = "0d1a26e67d8f5eaf1f6ba5c57fc3c7d91ac0fd1c";
const BEFORE: &str = "6113728f27ae82c7b1a177c8d03f9e96e0adf246";

fn push() -> Value {
    let octocat = json!({"name": "The Octocat", "email": "octocat@github.com", "username": "octocat"});
    json!({
        "ref": "refs/heads/feature/x", "before": BEFORE, "after": HEAD,
        "created": false, "deleted": false, "forced": false, "base_ref": null,
        "repository": {"id": 1, "name": "Hello-World", "full_name": "octo-org/Hello-World", "private": false},
        "pusher": {"name": "hubot", "email": "hubot@example.com"},
        "sender": {"login": "hubot", "id": 2, "type": "User"},
        "commits": [
            {"id": "5a1a", "message": "First", "author": octocat},
            {"id": HEAD, "message": "Second\n\nwith more", "author": octocat},
        ],
        "head_commit": {
            "id": HEAD, "message": "Second\n\nwith more", "author": octocat,
            "committer": {"name": "Hubot Robot", "email": "hubot@example.com", "username": "hubot"},
        },
    })
}

fn changed(mut event: Value, changes: Value) -> Value {
    for (place, value) in changes.as_object().unwrap() {
        *event.pointer_mut(place).unwrap() = value.clone();
    }
    event
}

#[test]
fn a_push_tells_all_there_is() {
    let expected = json!({
        "git.hook": "push", "git.author": "octocat", "git.author.email": "octocat@github.com",
        "git.branch": "feature/x", "git.hash": HEAD, "git.hash.short": "0d1a26e", "git.hash.before": BEFORE,
        "git.repository": "octo-org/Hello-World", "git.message": "Second\n\nwith more",
        "cds.triggered_by.username": "hubot", "cds.triggered_by.fullname": "Hubot Robot",
        "cds.triggered_by.email": "hubot@example.com",
    });
    assert_eq!(run(sent(Provider::Github, "push", "", &push())), entries(expected));
}

#[test]
fn pushes_differ() {
    // (what is different in the event, an entry, what it is then)
    let cases = [
        (json!({"/ref": "refs/heads/main"}), "git.branch", Some("main")),
        (json!({"/ref": "refs/heads/main"}), "git.tag", None),
        (json!({"/ref": "refs/tags/v1.0"}), "git.tag", Some("v1.0")),
        (json!({"/ref": "refs/tags/v1.0"}), "git.branch", None),
        (json!({"/ref": "refs/heads/refs/tags/x"}), "git.branch", Some("refs/tags/x")),
        // An annotated tag has a hash of its own; its commit is what there is to build.
        (json!({"/ref": "refs/tags/v1", "/after": "aaaaaaaaaa"}), "git.hash", Some(HEAD)),
        (
            json!({"/ref": "refs/tags/v1", "/after": "aaaaaaaaaa", "/head_commit": null}),
            "git.hash",
            Some("aaaaaaaaaa"),
        ),
        (json!({"/head_commit": null}), "git.hash", Some(HEAD)),
        (json!({"/head_commit": null}), "git.author", None),
        (json!({"/head_commit": null}), "git.message", None),
        (json!({"/head_commit/author": {"name": "Jo", "email": ""}}), "git.author", Some("Jo")),
        (json!({"/head_commit/author": {"name": "Jo", "email": ""}}), "git.author.email", None),
        (json!({"/pusher": {"name": "octocat"}}), "cds.triggered_by.fullname", Some("The Octocat")),
        (json!({"/pusher": {"name": "octocat"}}), "cds.triggered_by.email", None),
        (json!({"/pusher": {"name": "deploy key"}}), "cds.triggered_by.fullname", Some("hubot")),
        (json!({"/pusher": null}), "cds.triggered_by.username", Some("hubot")),
        (json!({"/pusher": null, "/sender": null}), "cds.triggered_by.username", None),
        (json!({"/after": "abc"}), "git.hash.short", Some("abc")),
        (json!({"/repository": null}), "git.repository", None),
    ];
    for (changes, name, expected) in cases {
        let told = run(sent(Provider::Github, "push", "", &changed(push(), changes.clone())));
        assert_eq!(told.get(name).map(String::as_str), expected, "{changes} {name}");
    }
}

#[test]
fn deletions_are_ignored() {
    let gone = json!({"/deleted": true, "/after": "0".repeat(40), "/head_commit": null});
    assert_eq!(
        ignored(sent(Provider::Github, "push", "", &changed(push(), gone))),
        "refs/heads/feature/x was deleted"
    );
    let event = json!({"ref": "old", "ref_type": "branch"});
    assert_eq!(ignored(sent(Provider::Github, "delete", "delete", &event)), "old was deleted");
}

#[test]
fn other_events_tell_what_they_can() {
    let pull_request = json!({
        "action": "opened", "number": 12,
        "pull_request": {
            "number": 12, "state": "open", "title": "Fix it", "user": {"login": "octocat"},
            "head": {"ref": "fix", "sha": HEAD, "repo": {"full_name": "octocat/Hello-World"}},
            "base": {"ref": "main", "sha": BEFORE, "repo": {"full_name": "octo-org/Hello-World"}},
        },
        "repository": {"full_name": "octo-org/Hello-World"}, "sender": {"login": "hubot"},
    });
    let cases = [
        (
            "pull_request",
            pull_request,
            json!({
                "git.pr.id": "12", "git.pr.title": "Fix it", "git.pr.state": "open", "git.author": "octocat",
                "git.branch": "fix", "git.hash": HEAD, "git.hash.short": "0d1a26e", "git.repository": "octocat/Hello-World",
                "git.branch.dest": "main", "git.hash.dest": BEFORE, "git.repository.dest": "octo-org/Hello-World",
            }),
        ),
        (
            "create",
            json!({"ref": "v1", "ref_type": "tag", "repository": {"full_name": "o/r"}, "sender": {"login": "hubot"}}),
            json!({"git.tag": "v1", "git.repository": "o/r"}),
        ),
        (
            "create",
            json!({"ref": "b", "ref_type": "branch", "sender": {"login": "hubot"}}),
            json!({"git.branch": "b"}),
        ),
        (
            "star",
            json!({"action": "created", "repository": {"full_name": "o/r"}, "sender": {"login": "hubot"}}),
            json!({"git.repository": "o/r"}),
        ),
    ];
    for (name, event, expected) in cases {
        let mut expected = entries(expected);
        expected.insert("git.hook".into(), name.into());
        expected.insert("cds.triggered_by.username".into(), "hubot".into());
        expected.insert("cds.triggered_by.fullname".into(), "hubot".into());
        assert_eq!(run(sent(Provider::Github, name, name, &event)), expected);
    }
}
