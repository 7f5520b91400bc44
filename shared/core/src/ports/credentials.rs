//! Who may call, and what they may do.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreError;
use crate::scope::Roles;

/// A client's secret: the key of its signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(String);

impl AccessToken {
    /// Takes the secret's text.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// The secret's text, for signing and sealing; not for a log.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

/// A client as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCredentials {
    /// The client's name.
    pub client_id: String,
    /// Its secret.
    pub access_token: AccessToken,
    /// Its scopes, before its roles are expanded.
    pub scopes: Vec<String>,
    /// When it expires.
    pub expires: Timestamp,
    /// Whether it was switched off.
    pub disabled: bool,
}

/// Where clients and roles are kept.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// A client by its name; nothing if there is none.
    async fn client(&self, client_id: &str) -> Result<Option<ClientCredentials>, StoreError>;

    /// All roles, ready to expand.
    async fn roles(&self) -> Result<Arc<Roles>, StoreError>;
}
