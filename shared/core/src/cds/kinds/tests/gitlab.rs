use serde_json::{Value, json};

use super::super::Provider;
use super::{entries, ignored, run, sent};

const AFTER: &str = "da1560886d4f094c3e6c9ef40349f7d38b5d27d7";
const BEFORE: &str = "95790bf891e76fee5e1747ab589903a6a1f80f22";
const NONE: &str = "0000000000000000000000000000000000000000";

fn push() -> Value {
    json!({
        "object_kind": "push", "event_name": "push", "before": BEFORE, "after": AFTER,
        "ref": "refs/heads/master", "checkout_sha": AFTER, "message": null,
        "user_id": 4, "user_name": "John Smith", "user_username": "jsmith", "user_email": "john@example.com",
        "project": {"id": 15, "name": "Diaspora", "path_with_namespace": "mike/diaspora"},
        "commits": [
            {"id": "b6568db1bc1dcd7f8b4d5a946b0b91f9dacd7327", "message": "Older", "author": {"name": "Jordi"}},
            {"id": AFTER, "message": "Newest", "author": {"name": "GitLab dev user"}},
        ],
        "total_commits_count": 4,
    })
}

fn changed(mut event: Value, changes: &Value) -> Value {
    event.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    event
}

#[test]
fn a_push_tells_all_there_is() {
    let expected = json!({
        "git.hook": "Push Hook", "git.author": "jsmith", "git.author.email": "john@example.com",
        "git.branch": "master", "git.hash": AFTER, "git.hash.short": "da15608", "git.hash.before": BEFORE,
        "git.repository": "mike/diaspora", "git.message": "Newest",
        "cds.triggered_by.username": "jsmith", "cds.triggered_by.fullname": "John Smith",
        "cds.triggered_by.email": "john@example.com",
    });
    assert_eq!(run(sent(Provider::Gitlab, "Push Hook", "", &push())), entries(expected));
}

#[test]
fn pushes_differ() {
    let tag = json!({"ref": "refs/tags/v1", "before": NONE, "after": "82b3d5ae", "commits": [], "message": "Release"});
    let cases = [
        (json!({"user_email": ""}), "git.author.email", None),
        (json!({"user_email": ""}), "cds.triggered_by.email", None),
        (json!({"user_username": null}), "git.author", None),
        (json!({"commits": []}), "git.message", None),
        (json!({"checkout_sha": null}), "git.hash", Some(AFTER)),
        (json!({"project": null}), "git.repository", None),
        // More commits than GitLab tells of.
        (json!({"checkout_sha": "ffff", "after": "ffff"}), "git.message", Some("Newest")),
        (json!({"ref": "refs/heads/a/b"}), "git.branch", Some("a/b")),
        (tag.clone(), "git.tag", Some("v1")),
        (tag.clone(), "git.branch", None),
        // The commit of an annotated tag, and what the tag says.
        (tag.clone(), "git.hash", Some(AFTER)),
        (tag.clone(), "git.hash.before", Some(NONE)),
        (tag, "git.message", Some("Release")),
    ];
    for (changes, name, expected) in cases {
        let told = run(sent(Provider::Gitlab, "Tag Push Hook", "", &changed(push(), &changes)));
        assert_eq!(told.get(name).map(String::as_str), expected, "{changes} {name}");
    }
}

#[test]
fn deletions_are_ignored() {
    for full in ["refs/heads/master", "refs/tags/v1"] {
        let gone = changed(push(), &json!({"ref": full, "after": NONE, "checkout_sha": null, "commits": []}));
        assert_eq!(ignored(sent(Provider::Gitlab, "Push Hook", "", &gone)), format!("{full} was deleted"));
    }
}

#[test]
fn merge_requests_tell_what_they_can() {
    let name = "Merge Request Hook";
    let event = json!({
        "object_kind": "merge_request",
        "user": {"name": "Administrator", "username": "root", "email": "admin@example.com"},
        "project": {"path_with_namespace": "gitlabhq/gitlab-test"},
        "object_attributes": {
            "iid": 1, "title": "MS-Viewport", "state": "opened", "source_branch": "ms-viewport", "target_branch": "master",
            "source": {"path_with_namespace": "awesome/fork"}, "target": {"path_with_namespace": "gitlabhq/gitlab-test"},
            "last_commit": {"id": AFTER, "message": "fixed readme", "author": {"name": "Dev", "email": "dev@example.com"}},
        },
    });
    let expected = json!({
        "git.hook": name, "git.pr.id": "1", "git.pr.title": "MS-Viewport", "git.pr.state": "opened",
        "git.branch": "ms-viewport", "git.branch.dest": "master", "git.hash": AFTER, "git.hash.short": "da15608",
        "git.message": "fixed readme", "git.author": "Dev", "git.author.email": "dev@example.com",
        "git.repository": "awesome/fork", "git.repository.dest": "gitlabhq/gitlab-test",
        "cds.triggered_by.username": "root", "cds.triggered_by.fullname": "Administrator",
        "cds.triggered_by.email": "admin@example.com",
    });
    assert_eq!(run(sent(Provider::Gitlab, name, name, &event)), entries(expected));
}
