//! Bitbucket: the webhooks of Cloud and of Server (Data Center); `…/commits` of Cloud, `…/ref-change-activities` of Server.
//!
//! A push may change several refs at once. The workflow runs once, for the first that was not deleted: `payload` has them all.

use serde_json::Value;

use super::super::entries::{EMAIL, Entries, FULLNAME, Places, USERNAME};
use super::{
    AUTHOR, AUTHOR_EMAIL, BRANCH, BRANCH_DEST, HASH, HASH_BEFORE, HASH_DEST, Ignored, MESSAGE, PR_ID,
    PR_STATE, PR_TITLE, REPOSITORY, REPOSITORY_DEST, TAG, deleted, offer_ref, text,
};

/// A change of a push to Cloud. It tells authors as `Name <address>`.
const CLOUD_CHANGE: &Places =
    &[(HASH, "/new/target/hash"), (HASH_BEFORE, "/old/target/hash"), (MESSAGE, "/new/target/message")];

const CLOUD: &Places = &[
    (REPOSITORY, "/pullrequest/source/repository/full_name"),
    (REPOSITORY_DEST, "/pullrequest/destination/repository/full_name"),
    (REPOSITORY, "/repository/full_name"),
    (USERNAME, "/actor/username"),
    (USERNAME, "/actor/nickname"),
    (USERNAME, "/actor/display_name"),
    (FULLNAME, "/actor/display_name"),
    (AUTHOR, "/pullrequest/author/nickname"),
    (AUTHOR, "/pullrequest/author/display_name"),
    (AUTHOR, "/actor/display_name"),
    (PR_ID, "/pullrequest/id"),
    (PR_TITLE, "/pullrequest/title"),
    (PR_STATE, "/pullrequest/state"),
    (BRANCH, "/pullrequest/source/branch/name"),
    (HASH, "/pullrequest/source/commit/hash"),
    (BRANCH_DEST, "/pullrequest/destination/branch/name"),
    (HASH_DEST, "/pullrequest/destination/commit/hash"),
];

const SERVER_CHANGE: &Places = &[(HASH, "/toHash"), (HASH_BEFORE, "/fromHash")];

/// The author of a push is the pusher, as CDS has it.
const SERVER: &Places = &[
    (AUTHOR, "/actor/name"),
    (AUTHOR_EMAIL, "/actor/emailAddress"),
    (USERNAME, "/actor/name"),
    (FULLNAME, "/actor/displayName"),
    (EMAIL, "/actor/emailAddress"),
    (PR_ID, "/pullRequest/id"),
    (PR_TITLE, "/pullRequest/title"),
    (PR_STATE, "/pullRequest/state"),
    (BRANCH, "/pullRequest/fromRef/displayId"),
    (HASH, "/pullRequest/fromRef/latestCommit"),
    (BRANCH_DEST, "/pullRequest/toRef/displayId"),
    (HASH_DEST, "/pullRequest/toRef/latestCommit"),
];

const POLLED_SERVER: &Places = &[
    (AUTHOR, "/user/name"),
    (AUTHOR_EMAIL, "/user/emailAddress"),
    (USERNAME, "/user/name"),
    (FULLNAME, "/user/displayName"),
    (EMAIL, "/user/emailAddress"),
];

const POLLED_CLOUD: &Places = &[
    (HASH, "/hash"),
    (MESSAGE, "/message"),
    (REPOSITORY, "/repository/full_name"),
    (USERNAME, "/author/user/nickname"),
    (FULLNAME, "/author/user/display_name"),
];

pub(super) fn sent(name: &str, event: &Value, entries: &mut Entries) -> Result<(), Ignored> {
    match name {
        "repo:push" => {
            let change = first(event, "/push/changes", |change| {
                change.get("new").is_none_or(Value::is_null).then(|| text(change, "/old/name"))
            })?;
            let entry = if text(change, "/new/type") == Some("tag") { TAG } else { BRANCH };
            entries.offer(entry, text(change, "/new/name"));
            entries.offer_all(change, CLOUD_CHANGE);
            offer_author(entries, text(change, "/new/target/author/raw"));
        }
        "repo:refs_changed" => offer_server_change(entries, server_change(event)?),
        _ => {}
    }
    if event.get("eventKey").is_some() || event.get("pullRequest").is_some() || name == "repo:refs_changed" {
        entries.offer_all(event, SERVER);
        offer_server_repository(entries, REPOSITORY, event.pointer("/pullRequest/fromRef/repository"));
        offer_server_repository(entries, REPOSITORY_DEST, event.pointer("/pullRequest/toRef/repository"));
        offer_server_repository(entries, REPOSITORY, event.get("repository"));
    } else {
        entries.offer_all(event, CLOUD);
    }
    Ok(())
}

/// What its API lists is a change of a ref where it is Server's, and a commit where it is Cloud's.
pub(super) fn polled(event: &Value, entries: &mut Entries) -> Result<(), Ignored> {
    if let Some(change) = event.get("refChange") {
        if is_deletion(change) {
            return Err(deleted(server_ref(change)));
        }
        offer_server_change(entries, change);
        offer_server_repository(entries, REPOSITORY, event.get("repository"));
        entries.offer_all(event, POLLED_SERVER);
    } else if text(event, "/hash").is_some() {
        entries.offer_all(event, POLLED_CLOUD);
        offer_author(entries, text(event, "/author/raw"));
        // A commit has no pusher.
        let (author, email) = (owned(entries, AUTHOR), owned(entries, AUTHOR_EMAIL));
        entries.offer(USERNAME, author.as_deref());
        entries.offer(FULLNAME, author.as_deref());
        entries.offer(EMAIL, email.as_deref());
    } else {
        return Err(Ignored("the event is neither a change of a ref nor a commit".into()));
    }
    Ok(())
}

fn owned(entries: &Entries, name: &str) -> Option<String> {
    entries.get(name).map(str::to_owned)
}

/// The first change that is no deletion; `deletion` tells what a change deleted.
fn first<'e>(
    event: &'e Value,
    place: &str,
    deletion: impl Fn(&'e Value) -> Option<Option<&'e str>>,
) -> Result<&'e Value, Ignored> {
    let changes = event.pointer(place).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let Some(any) = changes.first() else { return Err(Ignored("the push changed nothing".into())) };
    let kept = changes.iter().find(|change| deletion(change).is_none());
    kept.ok_or_else(|| deleted(deletion(any).flatten()))
}

fn server_change(event: &Value) -> Result<&Value, Ignored> {
    first(event, "/changes", |change| is_deletion(change).then(|| server_ref(change)))
}

fn is_deletion(change: &Value) -> bool {
    text(change, "/type") == Some("DELETE")
}

fn server_ref(change: &Value) -> Option<&str> {
    text(change, "/refId").or_else(|| text(change, "/ref/id"))
}

fn offer_server_change(entries: &mut Entries, change: &Value) {
    offer_ref(entries, server_ref(change));
    entries.offer_all(change, SERVER_CHANGE);
}

fn offer_server_repository(entries: &mut Entries, name: &str, repository: Option<&Value>) {
    let Some(repository) = repository else { return };
    if let (Some(project), Some(slug)) = (text(repository, "/project/key"), text(repository, "/slug")) {
        entries.offer(name, Some(&format!("{project}/{slug}")));
    }
}

/// An author as Git writes one: `Name <address>`.
fn offer_author(entries: &mut Entries, raw: Option<&str>) {
    let Some(raw) = raw else { return };
    let (name, rest) = raw.split_once('<').unwrap_or((raw, ""));
    entries.offer(AUTHOR, Some(name.trim()));
    entries.offer(AUTHOR_EMAIL, rest.split_once('>').map(|(address, _)| address.trim()));
}
