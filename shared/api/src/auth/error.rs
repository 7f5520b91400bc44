//! Why nobody can be said to have made a request.

use treble_core::hawk::{BewitError, HeaderError};
use treble_core::ports::BoxError;

use super::certificate::CertificateError;
use super::ext::ExtError;

/// Why authentication failed. The texts are those that Taskcluster's clients know, where there are such.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The `Authorization` header can't be read.
    #[error("{}: {_0}", if *_0 == HeaderError::Scheme { "Unauthorized" } else { "Bad Request" })]
    Header(#[from] HeaderError),
    /// The bewit in the URL can't be read.
    #[error("{}: {_0}", if *_0 == BewitError::Empty { "Unauthorized" } else { "Bad Request" })]
    Bewit(#[from] BewitError),
    /// A bewit beside a header.
    #[error(
        "Cannot use two authentication schemes at once this request has both bewit in querystring and 'authorization' header"
    )]
    TwoSchemes,
    /// A bewit serves to read only.
    #[error("Unauthorized: Invalid method")]
    BewitMethod,
    /// The bewit was good until an earlier time.
    #[error("Unauthorized: Access expired")]
    BewitExpired,
    /// No client has this name.
    #[error("Client with clientId '{0}' not found")]
    UnknownClient(String),
    /// The client was switched off.
    #[error("Client with clientId '{0}' is disabled")]
    Disabled(String),
    /// The client is expired.
    #[error("Client with clientId '{0}' has expired")]
    Expired(String),
    /// Not made with the client's key, or not for this request.
    #[error("Unauthorized: Bad mac")]
    BadMac,
    /// Signed more than 15 minutes ago or ahead.
    #[error("Unauthorized: Stale timestamp")]
    StaleTimestamp,
    /// The body is not the one that was signed.
    #[error("Invalid payload hash: {sent}\nComputed payload hash: {computed}")]
    PayloadHash {
        /// The hash that was signed.
        sent: String,
        /// The hash of the body that came.
        computed: String,
    },
    /// `ext` can't be read.
    #[error(transparent)]
    Ext(#[from] ExtError),
    /// The temporary credentials are no good.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// `authorizedScopes` asks for more than the credentials have.
    #[error(
        "Supplied credentials do not satisfy authorizedScopes; credentials have scopes: {held}; authorizedScopes are: {asked}"
    )]
    AuthorizedScopes {
        /// The scopes of the credentials, joined by commas; the first hundred.
        held: String,
        /// The scopes asked for, joined by commas.
        asked: String,
    },
    /// What a remote auth service says.
    #[error("{0}")]
    Refused(String),
    /// Clients or roles can't be looked up now: the request may succeed later.
    #[error("authentication is unavailable: {what}")]
    Unavailable {
        /// What could not be done.
        what: String,
        /// Why, where there is more to say.
        #[source]
        source: Option<BoxError>,
    },
}

impl AuthError {
    /// The HTTP status: 401, or 503 where it is not the caller's fault.
    pub fn status(&self) -> u16 {
        if matches!(self, Self::Unavailable { .. }) { 503 } else { 401 }
    }

    /// Who calls can't be told at present.
    pub fn unavailable(what: impl Into<String>, source: impl Into<Option<BoxError>>) -> Self {
        Self::Unavailable { what: what.into(), source: source.into() }
    }
}

/// Scopes for a message: joined by commas, and not so many that nobody would read them.
pub(super) fn list<'s>(mut scopes: impl Iterator<Item = &'s str>) -> String {
    let shown: Vec<&str> = scopes.by_ref().take(100).collect();
    let more = scopes.count();
    let rest = if more == 0 { String::new() } else { format!(", and {more} more") };
    shown.join(", ") + &rest
}
