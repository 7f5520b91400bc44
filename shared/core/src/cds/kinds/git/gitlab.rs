//! GitLab: its webhooks, and `GET /projects/:id/events`.

use serde_json::Value;

use super::super::entries::{EMAIL, Entries, FULLNAME, Places, USERNAME};
use super::{
    AUTHOR, AUTHOR_EMAIL, BRANCH, BRANCH_DEST, HASH, HASH_BEFORE, HOOK, Ignored, MESSAGE, PR_ID, PR_STATE,
    PR_TITLE, REPOSITORY, REPOSITORY_DEST, TAG, deleted, is_no_commit, offer_ref, text,
};

/// The author of a push is the pusher, as CDS has it. `checkout_sha` is a commit also where `after` is an annotated tag's own hash.
const PUSH: &Places = &[
    (HASH, "/checkout_sha"),
    (HASH, "/after"),
    (HASH_BEFORE, "/before"),
    (AUTHOR, "/user_username"),
    (AUTHOR_EMAIL, "/user_email"),
    (USERNAME, "/user_username"),
    (FULLNAME, "/user_name"),
    (EMAIL, "/user_email"),
];

const MERGE_REQUEST: &Places = &[
    (PR_ID, "/object_attributes/iid"),
    (PR_TITLE, "/object_attributes/title"),
    (PR_STATE, "/object_attributes/state"),
    (BRANCH, "/object_attributes/source_branch"),
    (HASH, "/object_attributes/last_commit/id"),
    (MESSAGE, "/object_attributes/last_commit/message"),
    (AUTHOR, "/object_attributes/last_commit/author/name"),
    (AUTHOR_EMAIL, "/object_attributes/last_commit/author/email"),
    (REPOSITORY, "/object_attributes/source/path_with_namespace"),
    (BRANCH_DEST, "/object_attributes/target_branch"),
    (REPOSITORY_DEST, "/object_attributes/target/path_with_namespace"),
];

const ANY: &Places = &[
    (REPOSITORY, "/project/path_with_namespace"),
    (USERNAME, "/user/username"),
    (FULLNAME, "/user/name"),
    (EMAIL, "/user/email"),
];

const POLLED: &Places = &[
    (HOOK, "/action_name"),
    (HASH, "/push_data/commit_to"),
    (HASH_BEFORE, "/push_data/commit_from"),
    (MESSAGE, "/push_data/commit_title"),
    (AUTHOR, "/author/username"),
    (AUTHOR, "/author_username"),
    (USERNAME, "/author/username"),
    (USERNAME, "/author_username"),
    (FULLNAME, "/author/name"),
];

pub(super) fn sent(name: &str, event: &Value, entries: &mut Entries) -> Result<(), Ignored> {
    match name {
        "Push Hook" | "Tag Push Hook" => push(event, entries)?,
        _ => entries.offer_all(event, MERGE_REQUEST),
    }
    entries.offer_all(event, ANY);
    Ok(())
}

fn push(event: &Value, entries: &mut Entries) -> Result<(), Ignored> {
    let full = text(event, "/ref");
    if text(event, "/after").is_some_and(is_no_commit) {
        return Err(deleted(full));
    }
    offer_ref(entries, full);
    entries.offer_all(event, PUSH);
    let commits = event.get("commits").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    // They come oldest first; the newest is what the hash names.
    let newest = commits.iter().find(|commit| text(commit, "/id") == entries.get(HASH)).or(commits.last());
    entries.offer(MESSAGE, newest.and_then(|commit| text(commit, "/message")));
    // Of an annotated tag.
    entries.offer(MESSAGE, text(event, "/message"));
    Ok(())
}

/// Pushes of branches and tags.
pub(super) fn polled(event: &Value, entries: &mut Entries) -> Result<(), Ignored> {
    let name = text(event, "/push_data/ref");
    match text(event, "/push_data/action") {
        Some("removed") => return Err(deleted(name)),
        Some(_) => {}
        None => {
            let action = text(event, "/action_name").unwrap_or("an event without a name");
            return Err(Ignored(format!("{action:?} is no push")));
        }
    }
    let entry = if text(event, "/push_data/ref_type") == Some("tag") { TAG } else { BRANCH };
    entries.offer(entry, name);
    entries.offer_all(event, POLLED);
    Ok(())
}
