//! GitHub: its webhooks, and `GET /repos/{owner}/{repo}/events`.

use serde_json::Value;

use super::super::entries::{EMAIL, Entries, FULLNAME, Places, USERNAME};
use super::{
    AUTHOR, AUTHOR_EMAIL, BRANCH, BRANCH_DEST, HASH, HASH_BEFORE, HASH_DEST, HOOK, Ignored, MESSAGE, PR_ID,
    PR_STATE, PR_TITLE, REPOSITORY, REPOSITORY_DEST, TAG, deleted, offer_ref, text,
};

/// The author of a push is the one of its newest commit, and who triggered it the pusher.
const PUSH: &Places = &[
    (AUTHOR, "/head_commit/author/username"),
    (AUTHOR, "/head_commit/author/name"),
    (AUTHOR_EMAIL, "/head_commit/author/email"),
    (MESSAGE, "/head_commit/message"),
    (HASH_BEFORE, "/before"),
    (USERNAME, "/pusher/name"),
    (EMAIL, "/pusher/email"),
];

const PULL_REQUEST: &Places = &[
    (PR_ID, "/pull_request/number"),
    (PR_TITLE, "/pull_request/title"),
    (PR_STATE, "/pull_request/state"),
    (AUTHOR, "/pull_request/user/login"),
    (BRANCH, "/pull_request/head/ref"),
    (HASH, "/pull_request/head/sha"),
    (REPOSITORY, "/pull_request/head/repo/full_name"),
    (BRANCH_DEST, "/pull_request/base/ref"),
    (HASH_DEST, "/pull_request/base/sha"),
    (REPOSITORY_DEST, "/pull_request/base/repo/full_name"),
];

const ANY: &Places =
    &[(REPOSITORY, "/repository/full_name"), (USERNAME, "/sender/login"), (FULLNAME, "/sender/login")];

const POLLED: &Places = &[
    (HOOK, "/type"),
    (REPOSITORY, "/repo/name"),
    (USERNAME, "/actor/login"),
    (FULLNAME, "/actor/display_login"),
];

pub(super) fn sent(name: &str, event: &Value, entries: &mut Entries) -> Result<(), Ignored> {
    match name {
        "push" => push(event, entries)?,
        "create" => created(event, entries),
        "delete" => return Err(deleted(text(event, "/ref"))),
        _ => entries.offer_all(event, PULL_REQUEST),
    }
    entries.offer_all(event, ANY);
    Ok(())
}

fn push(event: &Value, entries: &mut Entries) -> Result<(), Ignored> {
    let full = text(event, "/ref");
    if event.get("deleted").and_then(Value::as_bool) == Some(true) {
        return Err(deleted(full));
    }
    offer_ref(entries, full);
    if entries.get(TAG).is_some() {
        // `after` of an annotated tag is the tag's own hash.
        entries.offer(HASH, text(event, "/head_commit/id"));
    }
    entries.offer(HASH, text(event, "/after"));
    entries.offer_all(event, PUSH);
    entries.offer(FULLNAME, pushers_name(event));
    Ok(())
}

/// GitHub tells the full names of authors and committers only.
fn pushers_name(event: &Value) -> Option<&str> {
    let pusher = text(event, "/pusher/name")?;
    ["author", "committer"].into_iter().find_map(|who| {
        let person = event.pointer("/head_commit")?.get(who)?;
        (text(person, "/username")? == pusher).then(|| text(person, "/name"))?
    })
}

/// A new branch or tag, which has its bare name.
fn created(event: &Value, entries: &mut Entries) {
    match text(event, "/ref_type") {
        Some("tag") => entries.offer(TAG, text(event, "/ref")),
        _ => entries.offer(BRANCH, text(event, "/ref")),
    }
}

/// Pushes, new tags, and pull requests that are opened or changed. (A new branch comes with a push.)
pub(super) fn polled(event: &Value, entries: &mut Entries) -> Result<(), Ignored> {
    let payload = event.get("payload").unwrap_or(&Value::Null);
    match text(event, "/type").unwrap_or("an event without a type") {
        "PushEvent" => {
            offer_ref(entries, text(payload, "/ref"));
            entries.offer(HASH, text(payload, "/head"));
            entries.offer(HASH_BEFORE, text(payload, "/before"));
            offer_head_commit(payload, entries);
        }
        "CreateEvent" if text(payload, "/ref_type") == Some("tag") => created(payload, entries),
        "PullRequestEvent" => match text(payload, "/action") {
            Some("opened" | "reopened" | "synchronize" | "edited") => {
                entries.offer_all(payload, PULL_REQUEST);
                entries.offer_all(payload, &[(PR_ID, "/number")]);
            }
            action => {
                let action = action.unwrap_or("changed");
                return Err(Ignored(format!("a pull request was {action}: it has no new commits")));
            }
        },
        other => return Err(Ignored(format!("{other} is no push, new tag or pull request"))),
    }
    entries.offer_all(event, POLLED);
    Ok(())
}

/// The newest commit, where the event tells of its commits: GitHub left them out in 2025.
fn offer_head_commit(payload: &Value, entries: &mut Entries) {
    let commits = payload.get("commits").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if let Some(commit) = commits.iter().find(|commit| text(commit, "/sha") == text(payload, "/head")) {
        let places: &Places =
            &[(MESSAGE, "/message"), (AUTHOR, "/author/name"), (AUTHOR_EMAIL, "/author/email")];
        entries.offer_all(commit, places);
    }
}
