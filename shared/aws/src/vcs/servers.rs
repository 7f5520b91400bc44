//! The servers that a deployment polls, as it is configured: nobody else names an address that is called.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::Api;
use crate::http::{InvalidRootUrl, RootUrl};

/// A configuration, as errors show it.
const EXAMPLE: &str = r#"{"github": {"type": "github", "token": "…"}}"#;

/// The servers, by the names that tasks have for them in `vcsServer`.
#[derive(Debug, Clone, Default)]
pub struct VcsServers(BTreeMap<String, Server>);

/// A server.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) api: Api,
    pub(super) url: RootUrl,
    /// The header `Authorization`, where we are somebody there.
    pub(super) authorization: Option<String>,
}

/// Why a configuration can't be used. It names no secrets.
#[derive(Debug, thiserror::Error)]
pub enum InvalidVcsServers {
    /// It is no JSON of that shape.
    #[error("the servers of repositories must be JSON like {EXAMPLE}: {0}")]
    Shape(String),
    /// A name that no task can have.
    #[error("the name of a server of repositories must not be empty nor have a /, and {0:?} is or has")]
    Name(String),
    /// A server that is nowhere.
    #[error("the url of server {server:?} of repositories can't be used")]
    Url {
        /// The server's name.
        server: String,
        /// What is wrong with it.
        #[source]
        source: InvalidRootUrl,
    },
    /// A server whose address can't be guessed.
    #[error("server {0:?} of repositories has no url, which its type has to have")]
    NoUrl(String),
    /// A token that no header can have.
    #[error("the username and token of server {0:?} of repositories must be visible ASCII characters")]
    Token(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    r#type: Api,
    url: Option<String>,
    username: Option<String>,
    token: Option<String>,
}

impl VcsServers {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn get(&self, name: &str) -> Option<&Server> {
        self.0.get(name)
    }

    /// Their names, for an error.
    pub(super) fn names(&self) -> String {
        if self.0.is_empty() {
            return "there is none".to_owned();
        }
        self.0.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
    }
}

impl FromStr for VcsServers {
    type Err = InvalidVcsServers;

    fn from_str(text: &str) -> Result<Self, InvalidVcsServers> {
        let entries: BTreeMap<String, Entry> = serde_json::from_str(text).map_err(|error| {
            // The error's own words may quote a secret.
            let place = format!("line {}, column {}", error.line(), error.column());
            InvalidVcsServers::Shape(format!("{} at {place}", what(&error)))
        })?;
        let servers = entries.into_iter().map(|(name, entry)| Ok((name.clone(), server(name, entry)?)));
        Ok(Self(servers.collect::<Result<_, _>>()?))
    }
}

/// What is wrong, as far as it can be told without the text itself.
fn what(error: &serde_json::Error) -> String {
    let words = error.to_string();
    let safe = ["missing field", "unknown field", "unknown variant"];
    match error.classify() {
        // These quote names, not values.
        serde_json::error::Category::Data if safe.iter().any(|start| words.starts_with(start)) => {
            words.split(" at line ").next().unwrap_or_default().to_owned()
        }
        serde_json::error::Category::Data => "a value has the wrong type".to_owned(),
        _ => "it is no JSON".to_owned(),
    }
}

fn server(name: String, entry: Entry) -> Result<Server, InvalidVcsServers> {
    if name.is_empty() || name.contains('/') {
        return Err(InvalidVcsServers::Name(name));
    }
    let Some(url) = entry.url.as_deref().or(entry.r#type.usual_url()) else {
        return Err(InvalidVcsServers::NoUrl(name));
    };
    let url = url.parse().map_err(|source| InvalidVcsServers::Url { server: name.clone(), source })?;
    let visible = |text: &String| text.bytes().all(|byte| byte.is_ascii_graphic());
    if ![&entry.username, &entry.token].into_iter().flatten().all(visible) {
        return Err(InvalidVcsServers::Token(name));
    }
    let authorization = entry.token.filter(|token| !token.is_empty()).map(|token| match entry.username {
        Some(username) => format!("Basic {}", STANDARD.encode(format!("{username}:{token}"))),
        None => format!("Bearer {token}"),
    });
    Ok(Server { api: entry.r#type, url, authorization })
}

/// Without who we are there.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("api", &self.api).field("url", &self.url).finish_non_exhaustive()
    }
}
