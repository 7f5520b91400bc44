//! What happened in repositories, from those who keep them: GitHub, GitLab, Bitbucket Cloud and Bitbucket Server, a file each.
//!
//! - [`VcsServers`] are the servers that are asked, as a deployment is configured.
//! - [`Vcs`] asks one for a page of its list of events.
//! - `answer` is what all providers' answers have: errors, limits, moments.

mod answer;
mod bitbucket_cloud;
mod bitbucket_server;
mod github;
mod gitlab;
mod secret;
mod servers;
#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;
use treble_core::cds::poll::{EventPage, EventSource, Found, RepositoryName, SourceError};

use crate::http::{HttpClient, Reply, Request};
pub use secret::VcsSecretError;
pub use servers::{InvalidVcsServers, VcsServers};

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// As much of an answer is read, in bytes: a page of GitHub's events with all their pull requests.
const MAX_REPLY_BYTES: usize = 4 * 1024 * 1024;

/// What is not encoded in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Whose API a server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Api {
    Github,
    Gitlab,
    BitbucketCloud,
    BitbucketServer,
}

/// A provider's API.
struct Provider {
    /// Where it mostly is.
    usual_url: Option<&'static str>,
    /// What the number of parts says that its repositories' names have.
    names: &'static str,
    parts: fn(usize) -> bool,
    /// Path and query of a page.
    path: fn(&[&str], Option<u64>) -> String,
    /// The media type to ask for.
    accept: &'static str,
    /// Reads an answer that went well.
    read: fn(&RepositoryName, &Reply, Value, Option<u64>) -> Result<Events, SourceError>,
}

/// The events of a page, newest first, and how to ask for the next page.
struct Events {
    found: Vec<Found>,
    next: Option<u64>,
}

impl Api {
    fn provider(self) -> &'static Provider {
        match self {
            Self::Github => &github::GITHUB,
            Self::Gitlab => &gitlab::GITLAB,
            Self::BitbucketCloud => &bitbucket_cloud::BITBUCKET_CLOUD,
            Self::BitbucketServer => &bitbucket_server::BITBUCKET_SERVER,
        }
    }

    fn usual_url(self) -> Option<&'static str> {
        self.provider().usual_url
    }
}

/// Asks the servers of a deployment, and no others: redirects are not followed.
#[derive(Debug, Clone)]
pub struct Vcs {
    servers: VcsServers,
    http: HttpClient,
    clock: fn() -> Timestamp,
}

impl Vcs {
    /// A client of these servers.
    pub fn new(servers: VcsServers, http: HttpClient, clock: fn() -> Timestamp) -> Self {
        Self { servers, http: http.with_max_reply_bytes(MAX_REPLY_BYTES), clock }
    }
}

#[async_trait]
impl EventSource for Vcs {
    async fn page(
        &self,
        repository: &RepositoryName,
        etag: Option<&str>,
        page: Option<u64>,
    ) -> Result<EventPage, SourceError> {
        let server = self.servers.get(repository.server()).ok_or_else(|| SourceError::UnknownServer {
            server: repository.server().to_owned(),
            known: self.servers.names(),
        })?;
        let provider = server.api.provider();
        let url = server.url.join(&(provider.path)(&parts(repository, provider)?, page));
        let mut headers = vec![("accept", provider.accept)];
        headers.extend(server.authorization.as_deref().map(|value| ("authorization", value)));
        headers.extend(etag.map(|etag| ("if-none-match", etag)));
        let request = Request { method: "GET", url: url.as_str(), headers: &headers, body: Bytes::new() };
        let reply = self.http.send(&request, TIMEOUT).await.map_err(|error| SourceError::Unavailable {
            reason: error.to_string(),
            source: Some(error.into()),
        })?;
        let now = (self.clock)();
        let mut answer = answer::checked(&reply, now)?;
        if answer.not_modified {
            return Ok(answer);
        }
        let body = reply.json().ok_or_else(|| unreadable("it is no JSON, or too much"))?;
        let Events { found, next } = (provider.read)(repository, &reply, body, page)?;
        (answer.events, answer.next) = (found, next);
        Ok(answer)
    }
}

/// The parts of a repository's name. None of them leads out of its place in a path.
fn parts<'a>(repository: &'a RepositoryName, provider: &Provider) -> Result<Vec<&'a str>, SourceError> {
    let parts: Vec<&str> = repository.path().split('/').collect();
    let fine = |part: &&str| !part.is_empty() && *part != "." && *part != "..";
    if (provider.parts)(parts.len()) && parts.iter().all(fine) {
        return Ok(parts);
    }
    Err(SourceError::Name { name: repository.path().to_owned(), expected: provider.names })
}

/// A text as it is in a path.
fn encoded(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

fn unreadable(what: impl Into<String>) -> SourceError {
    SourceError::Unreadable(what.into())
}
