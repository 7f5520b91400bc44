use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::{Payload, PayloadError, Provider, RepositoryEvent};
use super::{config, entries, ignored, kind, run, without_payload};

const HASH: &str = "7a8f3ac80e2ad2f6842cb86f576d4bfe2c03e300";
const BEFORE: &str = "883efe034920928c47fe18598c01249d1a9fdabd";

fn payload(provider: Provider, branch: Option<&str>, event: &Value) -> Result<Payload, PayloadError> {
    let found = RepositoryEvent {
        provider,
        id: "22249084964".into(),
        repository: "octo/hello".into(),
        branch: branch.map(str::to_owned),
        tag: None,
        event: event.clone(),
    };
    let poller = kind("RepoPoller");
    let cause = (poller.of_message)(serde_json::to_value(found).unwrap());
    (poller.payload)(&config(&[]), &cause).map(|payload| without_payload(payload, event))
}

fn github(kind: &str, payload: Value) -> Value {
    json!({
        "id": "22249084964", "type": kind, "actor": {"id": 1, "login": "octocat", "display_login": "octocat"},
        "repo": {"id": 2, "name": "octo/hello"}, "payload": payload, "public": true, "created_at": "2022-06-09T12:47:28Z",
    })
}

fn told(provider: Provider, branch: Option<&str>, event: &Value) -> BTreeMap<String, String> {
    run(payload(provider, branch, event).unwrap())
}

#[test]
fn events_of_github_tell_what_they_can() {
    let commits = json!([
        {"sha": "aa", "message": "Older", "author": {"name": "A", "email": "a@example.com"}},
        {"sha": HASH, "message": "Newest", "author": {"name": "Monalisa", "email": "mona@example.com"}},
    ]);
    let pushed = json!({
        "git.branch": "main", "git.hash": HASH, "git.hash.short": "7a8f3ac", "git.hash.before": BEFORE,
    });
    let with_commits = json!({
        "git.branch": "main", "git.hash": HASH, "git.hash.short": "7a8f3ac", "git.hash.before": BEFORE,
        "git.message": "Newest", "git.author": "Monalisa", "git.author.email": "mona@example.com",
    });
    let opened = json!({
        "git.pr.id": "7", "git.branch": "fix", "git.branch.dest": "main",
        "git.hash": HASH, "git.hash.short": "7a8f3ac", "git.hash.dest": BEFORE,
    });
    let pull_request = json!({"action": "opened", "number": 7, "pull_request": {
        "number": 7, "head": {"ref": "fix", "sha": HASH}, "base": {"ref": "main", "sha": BEFORE},
    }});
    let cases = [
        ("PushEvent", json!({"ref": "refs/heads/main", "head": HASH, "before": BEFORE}), pushed),
        (
            "PushEvent",
            json!({"ref": "refs/heads/main", "head": HASH, "before": BEFORE, "size": 2, "commits": commits}),
            with_commits,
        ),
        (
            "CreateEvent",
            json!({"ref": "v1", "ref_type": "tag", "master_branch": "main"}),
            json!({"git.tag": "v1"}),
        ),
        ("PullRequestEvent", pull_request, opened),
    ];
    for (name, payload, own) in cases {
        let mut expected = entries(json!({
            "git.hook": name, "git.repository": "octo/hello",
            "cds.triggered_by.username": "octocat", "cds.triggered_by.fullname": "octocat",
        }));
        expected.extend(entries(own));
        assert_eq!(told(Provider::Github, None, &github(name, payload)), expected);
    }
}

#[test]
fn events_of_gitlab_tell_what_they_can() {
    let push = json!({
        "id": 1, "project_id": 15, "action_name": "pushed to", "author_username": "john",
        "author": {"name": "John Doe", "username": "john", "id": 1},
        "push_data": {
            "commit_count": 1, "action": "pushed", "ref_type": "branch", "commit_from": BEFORE,
            "commit_to": HASH, "ref": "main", "commit_title": "Add it",
        },
    });
    let expected = json!({
        "git.hook": "pushed to", "git.branch": "main", "git.hash": HASH, "git.hash.short": "7a8f3ac",
        "git.hash.before": BEFORE, "git.message": "Add it", "git.author": "john", "git.repository": "octo/hello",
        "cds.triggered_by.username": "john", "cds.triggered_by.fullname": "John Doe",
    });
    assert_eq!(told(Provider::Gitlab, None, &push), entries(expected));
    let tag = json!({
        "action_name": "pushed new", "author_username": "john",
        "push_data": {"action": "created", "ref_type": "tag", "ref": "v1", "commit_from": null, "commit_to": HASH},
    });
    let expected = json!({
        "git.hook": "pushed new", "git.tag": "v1", "git.hash": HASH, "git.hash.short": "7a8f3ac",
        "git.author": "john", "git.repository": "octo/hello", "cds.triggered_by.username": "john",
    });
    assert_eq!(told(Provider::Gitlab, None, &tag), entries(expected));
}

#[test]
fn events_of_bitbucket_tell_what_they_can() {
    let change = json!({
        "id": 5, "createdDate": 1, "trigger": "push",
        "user": {"name": "jdoe", "emailAddress": "jdoe@example.com", "displayName": "Jane Doe", "slug": "jdoe"},
        "refChange": {
            "ref": {"id": "refs/heads/main", "displayId": "main", "type": "BRANCH"}, "refId": "refs/heads/main",
            "fromHash": BEFORE, "toHash": HASH, "type": "UPDATE",
        },
    });
    let expected = json!({
        "git.branch": "main", "git.hash": HASH, "git.hash.short": "7a8f3ac", "git.hash.before": BEFORE,
        "git.repository": "octo/hello", "git.author": "jdoe", "git.author.email": "jdoe@example.com",
        "cds.triggered_by.username": "jdoe", "cds.triggered_by.fullname": "Jane Doe",
        "cds.triggered_by.email": "jdoe@example.com",
    });
    assert_eq!(told(Provider::Bitbucket, None, &change), entries(expected));
    let commit = json!({
        "type": "commit", "hash": HASH, "message": "Do it\n",
        "author": {"raw": "Jane Doe <jane@example.com>", "user": {"display_name": "Jane D.", "nickname": "jane"}},
        "repository": {"full_name": "team/widgets"},
    });
    let expected = json!({
        "git.branch": "main", "git.hash": HASH, "git.hash.short": "7a8f3ac", "git.message": "Do it\n",
        "git.repository": "team/widgets", "git.author": "Jane Doe", "git.author.email": "jane@example.com",
        "cds.triggered_by.username": "jane", "cds.triggered_by.fullname": "Jane D.",
        "cds.triggered_by.email": "jane@example.com",
    });
    assert_eq!(told(Provider::Bitbucket, Some("main"), &commit), entries(expected));
    let tagged = json!({"provider": "bitbucket", "id": "1", "repository": "team/widgets", "tag": "v1", "event": commit});
    let poller = kind("RepoPoller");
    let told = run((poller.payload)(&config(&[]), &(poller.of_message)(tagged)).unwrap());
    assert_eq!((told.get("git.tag").map(String::as_str), told.get("git.branch")), (Some("v1"), None));
}

#[test]
fn polled_events_of_other_kinds_are_ignored() {
    let closed = json!({"action": "closed", "number": 7});
    let cases = [
        (
            Provider::Github,
            github("WatchEvent", json!({"action": "started"})),
            "WatchEvent is no push, new tag or pull request",
        ),
        (
            Provider::Github,
            github("CreateEvent", json!({"ref": "b", "ref_type": "branch"})),
            "CreateEvent is no push",
        ),
        (
            Provider::Github,
            github("DeleteEvent", json!({"ref": "b", "ref_type": "branch"})),
            "DeleteEvent is no push",
        ),
        (
            Provider::Github,
            github("PullRequestEvent", closed),
            "a pull request was closed: it has no new commits",
        ),
        (Provider::Github, json!(null), "an event without a type is no push"),
        (
            Provider::Gitlab,
            json!({"action_name": "pushed to", "push_data": {"action": "removed", "ref": "b"}}),
            "b was deleted",
        ),
        (Provider::Gitlab, json!({"action_name": "opened", "target_type": "Issue"}), "\"opened\" is no push"),
        (
            Provider::Bitbucket,
            json!({"refChange": {"refId": "refs/heads/b", "type": "DELETE"}}),
            "refs/heads/b was deleted",
        ),
        (Provider::Bitbucket, json!({}), "the event is neither a change of a ref nor a commit"),
    ];
    for (provider, event, expected) in cases {
        let why = ignored(payload(provider, None, &event).unwrap());
        assert!(why.starts_with(expected), "{event}: {why}");
    }
}

#[test]
fn what_is_configured_is_told_too() {
    let event = github("PushEvent", json!({"ref": "refs/heads/main"}));
    let found = json!({"provider": "github", "id": "1", "repository": "octo/hello", "event": event});
    let poller = kind("RepoPoller");
    let configured =
        config(&[("payload", r#"{"Git.Branch": "none", "Env": "test"}"#), ("secret", "s"), ("other", "x")]);
    let told = run((poller.payload)(&configured, &(poller.of_message)(found)).unwrap());
    assert_eq!(told["git.branch"], "main");
    assert_eq!(told["env"], "test");
    assert_eq!(told["payload"], event.to_string());
    assert!(!told.contains_key("secret") && !told.contains_key("other"));
}

#[test]
fn what_no_poller_tells_is_an_error() {
    let poller = kind("RepoPoller");
    for (event, expected) in [
        (json!({}), "missing field `provider`"),
        (json!({"provider": "gerrit", "id": "", "repository": "", "event": {}}), "unknown variant `gerrit`"),
    ] {
        let error = (poller.payload)(&config(&[]), &(poller.of_message)(event)).unwrap_err().to_string();
        assert!(error.contains("provider, id, repository and event") && error.contains(expected), "{error}");
    }
}
