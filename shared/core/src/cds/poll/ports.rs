//! Repositories that are polled, where they are kept, and who tells what happened in them.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;

use super::Cursor;
use crate::cds::RepositoryEvent;
use crate::ports::{BoxError, Page, PageRequest, StoreError};

/// What the names of the exchanges begin with that pollers publish to.
const PREFIX: &str = "repository/";

/// A repository: the server's name, as it is configured here, and the repository's there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RepositoryName {
    server: String,
    path: String,
}

impl RepositoryName {
    /// The repository whose events an exchange has, if it is one of a repository.
    pub fn of_exchange(exchange: &str) -> Option<Self> {
        Self::parse(exchange.strip_prefix(PREFIX)?)
    }

    /// Reads `<server>/<repository>`.
    pub fn parse(text: &str) -> Option<Self> {
        let (server, path) = text.split_once('/')?;
        (!server.is_empty() && !path.is_empty())
            .then(|| Self { server: server.to_owned(), path: path.to_owned() })
    }

    /// The exchange that has its events.
    pub fn exchange(&self) -> String {
        format!("{PREFIX}{self}")
    }

    /// The server.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// What the server calls it, e.g. `owner/name`.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.server, self.path)
    }
}

/// A repository that somebody wants to hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// Which one.
    pub name: RepositoryName,
    /// Since when somebody does: what happened before is no news.
    pub since: Timestamp,
    /// When somebody last said so.
    pub wanted: Timestamp,
    /// Which of its events were handled. None before the first poll.
    pub cursor: Option<Cursor>,
    /// What the provider calls the list as it was read last.
    pub etag: Option<String>,
    /// Not to be asked for before this moment.
    pub not_before: Option<Timestamp>,
    /// How often it could not be polled, one time after another.
    pub failures: u32,
    /// Why it could not be polled the last time; None where it could.
    pub last_error: Option<String>,
    /// Grows by one with each write of a poller.
    pub revision: u64,
}

/// Where repositories are kept that are polled.
#[async_trait]
pub trait RepositoryStore: Send + Sync {
    /// Somebody wants to hear of a repository from now on. Known already, only the moment is noted.
    async fn watch(&self, name: &RepositoryName, now: Timestamp) -> Result<(), StoreError>;

    /// A repository.
    async fn get(&self, name: &RepositoryName) -> Result<Option<Repository>, StoreError>;

    /// All of them, in the order of their names.
    async fn list(&self, page: &PageRequest) -> Result<Page<Repository>, StoreError>;

    /// Keeps what a poll found out; never `since` and `wanted`. False, and nothing changed, where another poller came first.
    async fn save(&self, old: &Repository, new: &Repository) -> Result<bool, StoreError>;

    /// Forgets a repository that nobody wants. False, and nothing changed, where somebody has wanted or polled it since.
    async fn forget(&self, repository: &Repository) -> Result<bool, StoreError>;
}

/// An event in a provider's list.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Later events have larger numbers: an id that grows, or a moment.
    pub order: i64,
    /// When it happened, where the provider tells.
    pub happened: Option<Timestamp>,
    /// What kind of event it is, e.g. `PushEvent`.
    pub kind: String,
    /// The event.
    pub event: RepositoryEvent,
}

/// A page of a provider's list of events.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventPage {
    /// Whether nothing has changed since the list had the etag that was told.
    pub not_modified: bool,
    /// The events, newest first.
    pub events: Vec<Found>,
    /// How to ask for the next page, if there is one.
    pub next: Option<u64>,
    /// What the provider calls the list as it is.
    pub etag: Option<String>,
    /// When this repository may be asked for again, as told.
    pub not_before: Option<Timestamp>,
    /// When the server may be asked for anything again, where this was the last request for now.
    pub exhausted_until: Option<Timestamp>,
}

/// Tells what happened in repositories.
#[async_trait]
pub trait EventSource: Send + Sync {
    /// A page of a repository's events: the first, or one that a page before told of. `etag` is what the list was called
    /// when its first page was read last.
    async fn page(
        &self,
        repository: &RepositoryName,
        etag: Option<&str>,
        page: Option<u64>,
    ) -> Result<EventPage, SourceError>;
}

/// Why a provider tells nothing. The texts name no addresses and no secrets; they are kept and shown.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// No such server is configured.
    #[error("vcsServer {server:?} is none of the servers of this deployment: {known}")]
    UnknownServer {
        /// The one that was asked for.
        server: String,
        /// Those that there are.
        known: String,
    },
    /// No repository at that server can have that name.
    #[error("repoFullName {name:?} must be {expected}")]
    Name {
        /// The name.
        name: String,
        /// What it would have to be.
        expected: &'static str,
    },
    /// We have asked too often.
    #[error("the server takes no more requests for now (it answered {status})")]
    Limited {
        /// The HTTP status.
        status: u16,
        /// Until when, where it tells.
        until: Option<Timestamp>,
    },
    /// It was not reached, or is not well.
    #[error("the server is unavailable: {reason}")]
    Unavailable {
        /// What happened.
        reason: String,
        /// What the adapter met.
        #[source]
        source: Option<BoxError>,
    },
    /// It refuses: there is no such repository, or it is not ours to see.
    #[error("the server answered {status}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Its own words.
        message: String,
    },
    /// It answered something else than a list of events.
    #[error("the server's answer is no list of events: {0}")]
    Unreadable(String),
}
