//! Authentication by the clients and roles that are kept here.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use treble_core::hawk::{Bewit, Header, payload_hash};
use treble_core::ports::{AccessToken, StoreError};
use treble_core::scope::ScopeSet;

use super::cache::{CachedCredentials, KnownClient};
use super::certificate::Certificate;
use super::error::list;
use super::ext::Ext;
use super::{ANONYMOUS, AuthError, Authenticator, Caller, SignedRequest};

/// How far a request's time may be from ours: Taskcluster's 15 minutes, which clients rely on.
const MAX_SKEW: SignedDuration = SignedDuration::from_mins(15);

/// Checks signatures against clients and roles that are kept here.
///
/// The order is: what the request says of itself, the client, the MAC, the time, the body, the scopes. Only who has
/// the key learns what comes after the MAC.
///
/// Nonces are not remembered, as Taskcluster doesn't remember them either: a request that somebody overheard can be
/// sent again within the 15 minutes. Requests travel over TLS, and firing twice with one taskId fires once.
pub struct TableAuth {
    credentials: Arc<CachedCredentials>,
}

impl TableAuth {
    /// Looks clients and roles up there.
    pub fn new(credentials: Arc<CachedCredentials>) -> Self {
        Self { credentials }
    }

    async fn by_header(
        &self,
        request: &SignedRequest<'_>,
        value: &str,
        now: Timestamp,
    ) -> Result<Caller, AuthError> {
        let header = Header::parse(value)?;
        let claim = self.claim(header.id, header.ext.unwrap_or_default(), now).await?;
        if !request.any_target(|target| header.has_mac_of(claim.key.reveal(), target)) {
            return Err(AuthError::BadMac);
        }
        let signed = Timestamp::from_second(header.time()).map_err(|_| AuthError::StaleTimestamp)?;
        if now.duration_since(signed).abs() > MAX_SKEW {
            return Err(AuthError::StaleTimestamp);
        }
        if let Some(sent) = header.hash {
            check_payload(request, sent)?;
        }
        self.admit(claim, now).await
    }

    async fn by_bewit(
        &self,
        request: &SignedRequest<'_>,
        encoded: &str,
        now: Timestamp,
    ) -> Result<Caller, AuthError> {
        if !matches!(request.method, "GET" | "HEAD") {
            return Err(AuthError::BewitMethod);
        }
        let bewit = Bewit::parse(encoded)?;
        let claim = self.claim(&bewit.id, &bewit.ext, now).await?;
        if !request.any_target_without_bewit(|target| bewit.has_mac_of(claim.key.reveal(), target)) {
            return Err(AuthError::BadMac);
        }
        if bewit.expires() <= now.as_second() {
            return Err(AuthError::BewitExpired);
        }
        self.admit(claim, now).await
    }

    /// Finds the client behind an id, and the key that it must have signed with.
    async fn claim(&self, id: &str, ext: &str, now: Timestamp) -> Result<Claim, AuthError> {
        let ext = Ext::parse(ext)?;
        let certificate = ext.certificate()?;
        let signer = certificate.as_ref().and_then(|c| c.issuer.as_deref()).unwrap_or(id);
        let known = self.credentials.client(signer, now).await.map_err(unavailable)?;
        let client = known.ok_or_else(|| AuthError::UnknownClient(signer.to_owned()))?;
        check_client(&client, now)?;
        let token = &client.credentials.access_token;
        let key = match &certificate {
            Some(certificate) => {
                certificate.check_signature(id, token)?;
                certificate.access_token(token)
            }
            None => token.clone(),
        };
        Ok(Claim { id: id.to_owned(), ext, certificate, client, key })
    }

    /// Says what the caller may do, once the signature was found good.
    async fn admit(&self, claim: Claim, now: Timestamp) -> Result<Caller, AuthError> {
        let Claim { id, ext, certificate, client, .. } = claim;
        let mut expires = client.credentials.expires;
        let mut scopes = client.expanded.clone();
        if let Some(certificate) = certificate {
            certificate.check_time(now)?;
            certificate.check_scopes(&id, &client.credentials.client_id, &scopes)?;
            expires = expires.min(certificate.expiry);
            scopes = self.expand(&certificate.scopes, now).await?;
        }
        if let Some(asked) = ext.authorized_scopes()? {
            if !scopes.satisfies_all(&asked) {
                let (held, asked) = (list(scopes.iter()), list(asked.iter().map(String::as_str)));
                return Err(AuthError::AuthorizedScopes { held, asked });
            }
            scopes = self.expand(&asked, now).await?;
        }
        Ok(Caller { client_id: Some(id), scopes, expires: Some(expires) })
    }

    async fn expand(&self, scopes: &[String], now: Timestamp) -> Result<Arc<ScopeSet>, AuthError> {
        let roles = self.credentials.roles(now).await.map_err(unavailable)?;
        Ok(Arc::new(roles.expand(scopes.iter().map(String::as_str).chain([ANONYMOUS]))))
    }
}

#[async_trait]
impl Authenticator for TableAuth {
    async fn authenticate(&self, request: &SignedRequest<'_>, now: Timestamp) -> Result<Caller, AuthError> {
        match (request.authorization, request.bewit()) {
            (Some(_), Some(_)) => Err(AuthError::TwoSchemes),
            (Some(value), None) => self.by_header(request, value, now).await,
            (None, Some(encoded)) => self.by_bewit(request, encoded, now).await,
            (None, None) => {
                let scopes = self.credentials.anonymous(now).await.map_err(unavailable)?;
                Ok(Caller { client_id: None, scopes, expires: None })
            }
        }
    }
}

/// What a request says of itself, and the key that would prove it.
struct Claim {
    id: String,
    ext: Ext,
    certificate: Option<Certificate>,
    /// The client itself, or the issuer of the temporary credentials.
    client: Arc<KnownClient>,
    key: AccessToken,
}

fn check_client(client: &KnownClient, now: Timestamp) -> Result<(), AuthError> {
    let credentials = &client.credentials;
    // Without a key, anybody could sign.
    if credentials.disabled || credentials.access_token.reveal().is_empty() {
        return Err(AuthError::Disabled(credentials.client_id.clone()));
    }
    if credentials.expires < now {
        return Err(AuthError::Expired(credentials.client_id.clone()));
    }
    Ok(())
}

/// Checks the body against the hash that was signed, if the body is at hand.
pub(super) fn check_payload(request: &SignedRequest<'_>, sent: &str) -> Result<(), AuthError> {
    let Some(body) = request.body else { return Ok(()) };
    let computed = payload_hash(request.content_type.unwrap_or_default(), body);
    if sent == computed { Ok(()) } else { Err(AuthError::PayloadHash { sent: sent.to_owned(), computed }) }
}

fn unavailable(source: StoreError) -> AuthError {
    AuthError::unavailable("clients and roles can't be read", Some(source.into()))
}
