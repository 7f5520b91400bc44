//! Signing calls of a Taskcluster service.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use treble_core::hawk::{InvalidAttribute, Signer, Target, Unsigned};

/// Our credentials at a Taskcluster deployment. Their scopes must satisfy the `assume:hook-id:` scope of each hook
/// that is to create tasks, e.g. by `assume:hook-id:*`.
#[derive(Clone)]
pub struct QueueCredentials {
    signer: Signer,
    certificate: Option<Value>,
}

/// Why credentials can't be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidCredentials {
    /// The client's id can't be written into a header.
    #[error("the client id {client_id:?} is none of Taskcluster's")]
    ClientId {
        /// The id.
        client_id: String,
        /// What is wrong with it.
        #[source]
        source: InvalidAttribute,
    },
    /// The certificate is not what came with temporary credentials.
    #[error("the certificate must be the JSON object that came with the temporary credentials")]
    Certificate,
}

impl QueueCredentials {
    /// The credentials of a client, with the certificate if they are temporary: as in `TASKCLUSTER_CLIENT_ID`,
    /// `TASKCLUSTER_ACCESS_TOKEN` and `TASKCLUSTER_CERTIFICATE`. An empty certificate is none.
    pub fn new(
        client_id: &str,
        access_token: &str,
        certificate: Option<&str>,
    ) -> Result<Self, InvalidCredentials> {
        let certificate = certificate.filter(|text| !text.is_empty()).map(object).transpose()?;
        let credentials = Self { signer: Signer::new(client_id, access_token), certificate };
        let anything = Target { method: "GET", resource: "/", host: "localhost", port: 443 };
        match credentials.header(&anything, Timestamp::UNIX_EPOCH, "-", "-", "-") {
            Ok(_) => Ok(credentials),
            Err(source) => Err(InvalidCredentials::ClientId { client_id: client_id.to_owned(), source }),
        }
    }

    /// Whose they are.
    pub fn client_id(&self) -> &str {
        self.signer.id()
    }

    /// The `Authorization` header of a call with all of our scopes; `hash` is the
    /// [payload hash](treble_core::hawk::payload_hash) of its body, if it has one.
    pub fn sign(
        &self,
        target: &Target<'_>,
        now: Timestamp,
        nonce: &str,
        hash: Option<&str>,
    ) -> Result<String, InvalidAttribute> {
        let ext = self.certificate.as_ref().map(|certificate| json!({ "certificate": certificate }));
        let ext = ext.map(|ext| STANDARD.encode(ext.to_string()));
        self.signer.header(target, &Unsigned { ts: now.as_second(), nonce, hash, ext: ext.as_deref() })
    }

    /// The `Authorization` header of a call with the scopes of `role` alone.
    pub(super) fn header(
        &self,
        target: &Target<'_>,
        now: Timestamp,
        nonce: &str,
        hash: &str,
        role: &str,
    ) -> Result<String, InvalidAttribute> {
        let mut ext = json!({"authorizedScopes": [format!("assume:{role}")]});
        if let Some(certificate) = &self.certificate {
            ext["certificate"] = certificate.clone();
        }
        let ext = STANDARD.encode(ext.to_string());
        let unsigned = Unsigned { ts: now.as_second(), nonce, hash: Some(hash), ext: Some(&ext) };
        self.signer.header(target, &unsigned)
    }
}

/// Shows whose they are, not the token.
impl fmt::Debug for QueueCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueCredentials").field("client_id", &self.signer.id()).finish_non_exhaustive()
    }
}

fn object(text: &str) -> Result<Value, InvalidCredentials> {
    serde_json::from_str(text).ok().filter(Value::is_object).ok_or(InvalidCredentials::Certificate)
}
