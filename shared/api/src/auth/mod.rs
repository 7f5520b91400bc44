//! Who calls, and what they may do.
//!
//! A [`SignedRequest`] is what an [`Authenticator`] sees of an HTTP request; a [`Caller`] is what it answers.
//! [`TableAuth`] knows clients and roles itself, [`TaskclusterAuth`] asks a Taskcluster deployment's auth service.
//! Callers sign with [Hawk](treble_core::hawk), in a header or in the URL, and may present temporary credentials
//! or narrow their own scopes, as described at <https://docs.taskcluster.net/docs/manual/design/apis/hawk>.

mod cache;
mod certificate;
mod error;
mod ext;
mod request;
mod table;
mod taskcluster;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use treble_core::scope::ScopeSet;

pub use cache::{CacheLimits, CachedCredentials, KnownClient};
pub use certificate::CertificateError;
pub use error::AuthError;
pub use ext::ExtError;
pub use request::{Origin, SignedRequest};
pub use table::TableAuth;
pub use taskcluster::TaskclusterAuth;

/// What everybody holds, also who doesn't sign.
pub const ANONYMOUS: &str = "assume:anonymous";

/// Who made a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The client's name, that of the temporary credentials where they have one; nothing for who didn't sign.
    pub client_id: Option<String>,
    /// What the request may do, roles expanded.
    pub scopes: Arc<ScopeSet>,
    /// When the credentials expire.
    pub expires: Option<Timestamp>,
}

impl Caller {
    /// Whether the request was not signed.
    pub fn is_anonymous(&self) -> bool {
        self.client_id.is_none()
    }
}

/// Tells who made a request.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// Who made the request: an anonymous caller, if it is not signed at all, and an error, if it is signed wrongly.
    async fn authenticate(&self, request: &SignedRequest<'_>, now: Timestamp) -> Result<Caller, AuthError>;
}

#[cfg(test)]
mod tests;
