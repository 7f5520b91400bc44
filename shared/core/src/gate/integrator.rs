//! An integrator: a third party's HTTP server, and how it is to be dealt with.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Event;

/// How long an integrator may take for an answer at most: API Gateway itself gives up after 30 s.
pub const MAX_TIMEOUT: Duration = Duration::from_secs(25);
/// How long one may take unless it is said.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest name, in characters.
const MAX_NAME: usize = 100;

/// What an integrator is called: 1 to 100 letters, digits, `-`, `_` and `.`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IntegratorName(String);

/// It is no name of an integrator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no name of an integrator: that is 1 to {MAX_NAME} letters, digits, '-', '_' and '.'")]
pub struct InvalidIntegratorName(pub String);

impl IntegratorName {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a text is a name.
    pub fn is_valid(name: &str) -> bool {
        (1..=MAX_NAME).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    }
}

impl FromStr for IntegratorName {
    type Err = InvalidIntegratorName;

    fn from_str(name: &str) -> Result<Self, InvalidIntegratorName> {
        if Self::is_valid(name) {
            Ok(Self(name.to_owned()))
        } else {
            Err(InvalidIntegratorName(name.to_owned()))
        }
    }
}

impl fmt::Display for IntegratorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for IntegratorName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for IntegratorName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What is done where an integrator that is asked can't be reached, or answers nothing that can be understood.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailurePolicy {
    /// As if it had refused.
    #[default]
    Reject,
    /// As if it had approved.
    Proceed,
}

/// A secret that requests are signed with: `whsec_` and base64, as Standard Webhooks write it.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret {
    /// The secret.
    pub secret: String,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it is not used any more; None until another one takes its place.
    pub expires: Option<Timestamp>,
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { secret: _, created, expires } = self;
        f.debug_struct("SigningSecret")
            .field("created", created)
            .field("expires", expires)
            .finish_non_exhaustive()
    }
}

/// A third party.
#[derive(Debug, Clone, PartialEq)]
pub struct Integrator {
    /// What it is called.
    pub name: IntegratorName,
    /// Where its server is, without a slash at the end: `<url>/<event>` is what is called.
    pub url: String,
    /// What it is asked and told.
    pub events: BTreeSet<Event>,
    /// How long it may take for an answer, connecting included: at most [`MAX_TIMEOUT`].
    pub timeout: Duration,
    /// What is done where it can't be asked.
    pub failure_policy: FailurePolicy,
    /// Whom to mail when its server is down for a while; None to tell nobody.
    pub owner: Option<String>,
    /// Its secrets, the newest first; each that has not expired signs.
    pub secrets: Vec<SigningSecret>,
    /// When it was first saved.
    pub created: Timestamp,
    /// When it was last saved.
    pub updated: Timestamp,
}

impl Integrator {
    /// The secrets that sign at a moment.
    pub fn active_secrets(&self, now: Timestamp) -> impl Iterator<Item = &str> {
        let active =
            self.secrets.iter().filter(move |secret| secret.expires.is_none_or(|expires| now < expires));
        active.map(|secret| secret.secret.as_str())
    }

    /// Where an event is sent.
    pub fn endpoint(&self, event: Event) -> String {
        format!("{}/{event}", self.url)
    }
}

/// An integrator can't be like this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIntegrator {
    /// It would never be asked or told anything.
    #[error("an integrator needs at least one event")]
    NoEvents,
    /// Its timeout is none.
    #[error("the timeout is {} ms; it is between 1 ms and {} ms", .0.as_millis(), MAX_TIMEOUT.as_millis())]
    Timeout(Duration),
    /// Its URL can't be called.
    #[error(transparent)]
    Url(#[from] super::AddressError),
}
