use serde_json::{Value, json};

use super::super::Provider;
use super::{entries, ignored, run, sent};

const NEW: &str = "709d658dc5b6d6afcd46049c2f332ee3f515a67d";
const OLD: &str = "1e65c05c1d5171631d92438a13901ca7dae9618c";

fn cloud(changes: &Value) -> Value {
    json!({
        "actor": {"type": "user", "display_name": "Emma Stone", "nickname": "emma"},
        "repository": {"full_name": "team/widgets", "name": "widgets"},
        "push": {"changes": changes},
    })
}

fn cloud_change(kind: &str, name: &str) -> Value {
    json!({
        "new": {"type": kind, "name": name, "target": {
            "type": "commit", "hash": NEW, "message": "new commit\n",
            "author": {"raw": "Jo Roe <jo@example.com>", "user": {"display_name": "Jo"}},
        }},
        "old": {"type": kind, "name": name, "target": {"hash": OLD}},
        "created": false, "forced": false, "closed": false,
    })
}

fn cloud_deletion(name: &str) -> Value {
    json!({"new": null, "old": {"type": "branch", "name": name, "target": {"hash": OLD}}, "closed": true})
}

fn server(changes: &Value) -> Value {
    json!({
        "eventKey": "repo:refs_changed", "date": "2017-09-19T09:58:11+1000",
        "actor": {"name": "admin", "emailAddress": "admin@example.com", "id": 1, "displayName": "Administrator"},
        "repository": {"slug": "repository", "id": 84, "name": "repository", "project": {"key": "PROJ", "id": 84}},
        "changes": changes,
    })
}

fn server_change(kind: &str, full: &str) -> Value {
    json!({
        "ref": {"id": full, "displayId": "x", "type": "BRANCH"}, "refId": full,
        "fromHash": OLD, "toHash": NEW, "type": kind,
    })
}

#[test]
fn a_push_to_cloud_tells_all_there_is() {
    let expected = json!({
        "git.hook": "repo:push", "git.author": "Jo Roe", "git.author.email": "jo@example.com",
        "git.branch": "main", "git.hash": NEW, "git.hash.short": "709d658", "git.hash.before": OLD,
        "git.repository": "team/widgets", "git.message": "new commit\n",
        "cds.triggered_by.username": "emma", "cds.triggered_by.fullname": "Emma Stone",
    });
    let event = cloud(&json!([cloud_change("branch", "main")]));
    assert_eq!(run(sent(Provider::Bitbucket, "repo:push", "", &event)), entries(expected));
}

#[test]
fn a_push_to_server_tells_all_there_is() {
    let expected = json!({
        "git.hook": "repo:refs_changed", "git.author": "admin", "git.author.email": "admin@example.com",
        "git.branch": "feature/a", "git.hash": NEW, "git.hash.short": "709d658", "git.hash.before": OLD,
        "git.repository": "PROJ/repository", "cds.triggered_by.username": "admin",
        "cds.triggered_by.fullname": "Administrator", "cds.triggered_by.email": "admin@example.com",
    });
    let event = server(&json!([server_change("UPDATE", "refs/heads/feature/a")]));
    assert_eq!(run(sent(Provider::Bitbucket, "repo:refs_changed", "", &event)), entries(expected));
}

#[test]
fn pushes_differ() {
    // (changes of Cloud, changes of Server, an entry, what it is then)
    let cases = [
        (
            json!([cloud_change("tag", "v1")]),
            json!([server_change("ADD", "refs/tags/v1")]),
            ("git.tag", Some("v1")),
        ),
        (
            json!([cloud_change("tag", "v1")]),
            json!([server_change("ADD", "refs/tags/v1")]),
            ("git.branch", None),
        ),
        // The first that was not deleted.
        (
            json!([cloud_deletion("a"), cloud_change("branch", "b"), cloud_change("branch", "c")]),
            json!([
                server_change("DELETE", "refs/heads/a"),
                server_change("UPDATE", "refs/heads/b"),
                server_change("ADD", "refs/heads/c"),
            ]),
            ("git.branch", Some("b")),
        ),
    ];
    for (of_cloud, of_server, (name, expected)) in cases {
        for (event, body) in [("repo:push", cloud(&of_cloud)), ("repo:refs_changed", server(&of_server))] {
            let told = run(sent(Provider::Bitbucket, event, "", &body));
            assert_eq!(told.get(name).map(String::as_str), expected, "{body}");
        }
    }
}

#[test]
fn authors_are_taken_apart() {
    let cases = [
        ("Jo Roe <jo@example.com>", Some("Jo Roe"), Some("jo@example.com")),
        ("Jo", Some("Jo"), None),
        // The pusher, where the commit has no author's name.
        ("<jo@example.com>", Some("Emma Stone"), Some("jo@example.com")),
        ("Jo <jo", Some("Jo"), None),
        ("", Some("Emma Stone"), None),
    ];
    for (raw, author, email) in cases {
        let mut change = cloud_change("branch", "main");
        change["new"]["target"]["author"] = json!({ "raw": raw });
        let told = run(sent(Provider::Bitbucket, "repo:push", "", &cloud(&json!([change]))));
        assert_eq!(told.get("git.author").map(String::as_str), author, "{raw}");
        assert_eq!(told.get("git.author.email").map(String::as_str), email, "{raw}");
    }
}

#[test]
fn deletions_and_nothing_are_ignored() {
    let cases = [
        ("repo:push", cloud(&json!([cloud_deletion("a")])), "a was deleted"),
        ("repo:push", cloud(&json!([])), "the push changed nothing"),
        (
            "repo:refs_changed",
            server(&json!([server_change("DELETE", "refs/heads/a")])),
            "refs/heads/a was deleted",
        ),
        ("repo:refs_changed", server(&json!([])), "the push changed nothing"),
    ];
    for (name, event, why) in cases {
        assert_eq!(ignored(sent(Provider::Bitbucket, name, "", &event)), why);
    }
}

#[test]
fn pull_requests_tell_what_they_can() {
    let of_server = json!({
        "eventKey": "pr:opened", "actor": {"name": "admin", "emailAddress": "admin@example.com", "displayName": "Administrator"},
        "pullRequest": {
            "id": 1, "title": "a new file", "state": "OPEN",
            "fromRef": {"displayId": "a-branch", "latestCommit": NEW, "repository": {"slug": "fork", "project": {"key": "~ADMIN"}}},
            "toRef": {"displayId": "master", "latestCommit": OLD, "repository": {"slug": "repository", "project": {"key": "PROJ"}}},
        },
    });
    let of_cloud = json!({
        "actor": {"display_name": "Emma", "nickname": "emma"}, "repository": {"full_name": "team/widgets"},
        "pullrequest": {
            "id": 1, "title": "a new file", "state": "OPEN", "author": {"nickname": "jo"},
            "source": {"branch": {"name": "a-branch"}, "commit": {"hash": NEW}, "repository": {"full_name": "jo/widgets"}},
            "destination": {"branch": {"name": "master"}, "commit": {"hash": OLD}, "repository": {"full_name": "team/widgets"}},
        },
    });
    let cases = [
        (
            "pr:opened",
            of_server,
            json!({
                "git.author": "admin", "git.author.email": "admin@example.com", "git.repository": "~ADMIN/fork",
                "git.repository.dest": "PROJ/repository", "cds.triggered_by.username": "admin",
                "cds.triggered_by.fullname": "Administrator", "cds.triggered_by.email": "admin@example.com",
            }),
        ),
        (
            "pullrequest:created",
            of_cloud,
            json!({
                "git.author": "jo", "git.repository": "jo/widgets", "git.repository.dest": "team/widgets",
                "cds.triggered_by.username": "emma", "cds.triggered_by.fullname": "Emma",
            }),
        ),
    ];
    for (name, event, own) in cases {
        let mut expected = entries(json!({
            "git.hook": name, "git.pr.id": "1", "git.pr.title": "a new file", "git.pr.state": "OPEN",
            "git.branch": "a-branch", "git.branch.dest": "master", "git.hash": NEW, "git.hash.short": "709d658",
            "git.hash.dest": OLD,
        }));
        expected.extend(entries(own));
        assert_eq!(run(sent(Provider::Bitbucket, name, name, &event)), expected);
    }
}
