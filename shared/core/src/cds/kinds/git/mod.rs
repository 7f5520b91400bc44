//! Events of repositories, as their providers tell them, in the words that CDS has for them.
//!
//! Each provider is a file: what its webhooks send, and what its API lists for who polls it. What an event doesn't say is left out.
//! Beside what is listed for each, an entry `git.hook` is the event's name, `git.hash.before` what was there
//! before a push, and `git.pr.*`, `git.branch.dest`, `git.hash.dest`, `git.repository.dest` are of pull requests.

mod bitbucket;
mod github;
mod gitlab;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::WebhookRequest;
use super::entries::Entries;

pub(super) const AUTHOR: &str = "git.author";
pub(super) const AUTHOR_EMAIL: &str = "git.author.email";
pub(super) const BRANCH: &str = "git.branch";
pub(super) const BRANCH_DEST: &str = "git.branch.dest";
pub(super) const TAG: &str = "git.tag";
pub(super) const HASH: &str = "git.hash";
pub(super) const HASH_BEFORE: &str = "git.hash.before";
pub(super) const HASH_DEST: &str = "git.hash.dest";
pub(super) const REPOSITORY: &str = "git.repository";
pub(super) const REPOSITORY_DEST: &str = "git.repository.dest";
pub(super) const MESSAGE: &str = "git.message";
pub(super) const HOOK: &str = "git.hook";
pub(super) const PR_ID: &str = "git.pr.id";
pub(super) const PR_TITLE: &str = "git.pr.title";
pub(super) const PR_STATE: &str = "git.pr.state";

/// Why an event makes no workflow run.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ignored(pub(super) String);

/// Who keeps repositories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// GitHub, and those that send what it does.
    Github,
    /// GitLab.
    Gitlab,
    /// Bitbucket, Cloud or Server (Data Center).
    Bitbucket,
}

impl Provider {
    const ALL: [Self; 3] = [Self::Github, Self::Gitlab, Self::Bitbucket];

    /// Who sent a request, and which event it is.
    pub(super) fn of(request: &WebhookRequest) -> Option<(Self, &str)> {
        Self::ALL.into_iter().find_map(|provider| {
            let event = request.header(provider.event_header()).filter(|event| !event.is_empty());
            event.map(|event| (provider, event))
        })
    }

    /// What a request of one of them has.
    pub(super) fn all_events() -> String {
        let headers = Self::ALL.map(|provider| format!("{} ({})", provider.name(), provider.event_header()));
        format!("events of {}", headers.join(", "))
    }

    /// Its own name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Github => "GitHub",
            Self::Gitlab => "GitLab",
            Self::Bitbucket => "Bitbucket",
        }
    }

    fn event_header(self) -> &'static str {
        match self {
            Self::Github => "X-GitHub-Event",
            Self::Gitlab => "X-Gitlab-Event",
            Self::Bitbucket => "X-Event-Key",
        }
    }

    /// Where it shows that it knows a secret.
    pub(super) fn signature_header(self) -> &'static str {
        match self {
            Self::Github => "X-Hub-Signature-256",
            Self::Gitlab => "X-Gitlab-Token",
            Self::Bitbucket => "X-Hub-Signature",
        }
    }

    /// The events that are pushes.
    pub(super) fn pushes(self) -> &'static [&'static str] {
        match self {
            Self::Github => &["push"],
            Self::Gitlab => &["Push Hook", "Tag Push Hook"],
            Self::Bitbucket => &["repo:push", "repo:refs_changed"],
        }
    }

    /// What a webhook's event says.
    pub(super) fn sent(self, name: &str, event: &Value) -> Result<Entries, Ignored> {
        let mut entries = Entries::default();
        entries.offer(HOOK, Some(name));
        match self {
            Self::Github => github::sent(name, event, &mut entries),
            Self::Gitlab => gitlab::sent(name, event, &mut entries),
            Self::Bitbucket => bitbucket::sent(name, event, &mut entries),
        }?;
        shorten(&mut entries);
        Ok(entries)
    }

    /// What an event says that its API lists.
    pub(super) fn polled(self, event: &Value) -> Result<Entries, Ignored> {
        let mut entries = Entries::default();
        match self {
            Self::Github => github::polled(event, &mut entries),
            Self::Gitlab => gitlab::polled(event, &mut entries),
            Self::Bitbucket => bitbucket::polled(event, &mut entries),
        }?;
        shorten(&mut entries);
        Ok(entries)
    }
}

/// The text at a JSON Pointer; None where it is empty as well.
fn text<'e>(event: &'e Value, place: &str) -> Option<&'e str> {
    event.pointer(place).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A full ref is a tag or a branch; anything else the name of a branch.
fn offer_ref(entries: &mut Entries, full: Option<&str>) {
    let Some(full) = full else { return };
    match full.strip_prefix("refs/tags/") {
        Some(tag) => entries.offer(TAG, Some(tag)),
        None => entries.offer(BRANCH, Some(full.strip_prefix("refs/heads/").unwrap_or(full))),
    }
}

/// Whether a commit is none: what providers have in place of one where a ref begins or ends.
fn is_no_commit(hash: &str) -> bool {
    hash.bytes().all(|byte| byte == b'0')
}

fn deleted(what: Option<&str>) -> Ignored {
    Ignored(format!("{} was deleted", what.unwrap_or("a branch")))
}

fn shorten(entries: &mut Entries) {
    if let Some(hash) = entries.get(HASH) {
        let short: String = hash.chars().take(7).collect();
        entries.set("git.hash.short", short);
    }
}
