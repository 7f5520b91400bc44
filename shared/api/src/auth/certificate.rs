//! Temporary credentials: <https://docs.taskcluster.net/docs/manual/design/apis/hawk/temporary-credentials>.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use treble_core::hawk::{constant_time_eq, hmac_sha256};
use treble_core::ports::AccessToken;
use treble_core::scope::{NameError, ScopeError, ScopeSet, check_client_id, check_scope};

use super::error::list;
use super::ext::strings;

/// How far the clocks of issuer and server may differ.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// The longest that temporary credentials may last.
const MAX_LIFETIME: SignedDuration = SignedDuration::from_hours(31 * 24);

const SEED_LEN: usize = 44;

/// Why temporary credentials are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Not what a certificate looks like.
    #[error("ext.certificate{field} must be {expected}")]
    Field {
        /// `.name`, or nothing for the certificate itself.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// A scope that is none.
    #[error("ext.certificate.scopes must be an array of valid scopes: {0}")]
    Scope(ScopeError),
    /// The name of the credentials is none for a client.
    #[error("the clientId of named temporary credentials is invalid: {0}")]
    ClientId(NameError),
    /// Not yet good.
    #[error("ext.certificate.start is in the future: {0}")]
    NotYet(Timestamp),
    /// No longer good.
    #[error("ext.certificate.expiry is in the past: {0}")]
    Expired(Timestamp),
    /// Good for too long.
    #[error("ext.certificate cannot last longer than 31 days")]
    TooLong,
    /// Made by somebody else, or for something else.
    #[error("ext.certificate.signature is not valid")]
    Signature,
    /// Named like the client that made them.
    #[error("ext.certificate.issuer must differ from the clientId of the temporary credentials")]
    IssuerIsClient,
    /// The issuer may not make credentials of this name.
    #[error(
        "ext.certificate.issuer '{issuer}' doesn't satisfy auth:create-client:{client_id}, which named temporary credentials need"
    )]
    Name {
        /// Who made the credentials.
        issuer: String,
        /// How they are named.
        client_id: String,
    },
    /// The issuer doesn't have all of the scopes.
    #[error(
        "ext.certificate.issuer '{issuer}' doesn't satisfy ext.certificate.scopes; missing are: {missing}"
    )]
    Scopes {
        /// Who made the credentials.
        issuer: String,
        /// What the issuer lacks, joined by commas.
        missing: String,
    },
}

/// A certificate as it arrived: nothing in it is to be believed before [`Certificate::check_signature`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificate {
    pub(super) issuer: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) start: Timestamp,
    pub(super) expiry: Timestamp,
    seed: String,
    signature: String,
}

impl Certificate {
    /// Reads a certificate: an object, or the text of one.
    pub(super) fn parse(value: &Value) -> Result<Self, CertificateError> {
        let expected = |field, expected| CertificateError::Field { field, expected };
        let parsed = value.as_str().map(serde_json::from_str::<Value>).transpose();
        let parsed = parsed.map_err(|_| expected("", "an object"))?;
        let object = parsed.as_ref().unwrap_or(value).as_object().ok_or(expected("", "an object"))?;
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        let time = |name: &str| Timestamp::from_millisecond(integer(object.get(name)?)?).ok();

        if object.get("version").and_then(integer) != Some(1) {
            return Err(expected(".version", "1"));
        }
        let issuer = match object.get("issuer") {
            Some(issuer) => Some(issuer.as_str().ok_or(expected(".issuer", "a clientId"))?.to_owned()),
            None if object.contains_key("clientId") => {
                return Err(expected(".clientId", "absent without ext.certificate.issuer"));
            }
            None => None,
        };
        let seed = text("seed").filter(|seed| is_seed(seed)).ok_or(expected(".seed", "44 characters"))?;
        let scopes =
            object.get("scopes").and_then(strings).ok_or(expected(".scopes", "an array of scopes"))?;
        scopes.iter().try_for_each(|scope| check_scope(scope)).map_err(CertificateError::Scope)?;
        Ok(Self {
            issuer,
            scopes,
            start: time("start").ok_or(expected(".start", "a time in milliseconds"))?,
            expiry: time("expiry").ok_or(expected(".expiry", "a time in milliseconds"))?,
            seed: seed.to_owned(),
            signature: text("signature").ok_or(expected(".signature", "a string"))?.to_owned(),
        })
    }

    /// Checks the signature and the name: `client_id` is what the request is signed as, `token` that of the issuer.
    pub(super) fn check_signature(
        &self,
        client_id: &str,
        token: &AccessToken,
    ) -> Result<(), CertificateError> {
        if let Some(issuer) = &self.issuer {
            check_client_id(client_id).map_err(CertificateError::ClientId)?;
            if issuer == client_id {
                return Err(CertificateError::IssuerIsClient);
            }
        }
        let message = self.signed_text(client_id);
        let signature = STANDARD.encode(hmac_sha256(token.reveal().as_bytes(), message.as_bytes()));
        if constant_time_eq(&signature, &self.signature) { Ok(()) } else { Err(CertificateError::Signature) }
    }

    /// Lines joined by LF; nothing in them has one.
    fn signed_text(&self, client_id: &str) -> String {
        let mut lines = vec!["version:1".to_owned()];
        if let Some(issuer) = &self.issuer {
            lines.push(format!("clientId:{client_id}"));
            lines.push(format!("issuer:{issuer}"));
        }
        lines.push(format!("seed:{}", self.seed));
        lines.push(format!("start:{}", self.start.as_millisecond()));
        lines.push(format!("expiry:{}", self.expiry.as_millisecond()));
        lines.push("scopes:".to_owned());
        lines.extend_from_slice(&self.scopes);
        lines.join("\n")
    }

    /// The key that requests are signed with, made from that of the issuer.
    pub(super) fn access_token(&self, issuer: &AccessToken) -> AccessToken {
        AccessToken::new(
            URL_SAFE_NO_PAD.encode(hmac_sha256(issuer.reveal().as_bytes(), self.seed.as_bytes())),
        )
    }

    /// Checks that the credentials are good now.
    pub(super) fn check_time(&self, now: Timestamp) -> Result<(), CertificateError> {
        if self.start.duration_since(now) > SKEW {
            return Err(CertificateError::NotYet(self.start));
        }
        if now.duration_since(self.expiry) > SKEW {
            return Err(CertificateError::Expired(self.expiry));
        }
        if self.expiry.duration_since(self.start) > MAX_LIFETIME {
            return Err(CertificateError::TooLong);
        }
        Ok(())
    }

    /// Checks that the issuer, by its expanded scopes, may give these, under this name.
    pub(super) fn check_scopes(
        &self,
        client_id: &str,
        issuer: &str,
        held: &ScopeSet,
    ) -> Result<(), CertificateError> {
        if self.issuer.is_some() && !held.satisfies(&format!("auth:create-client:{client_id}")) {
            return Err(CertificateError::Name { issuer: issuer.into(), client_id: client_id.into() });
        }
        let missing = held.missing(&self.scopes);
        if !missing.is_empty() {
            return Err(CertificateError::Scopes {
                issuer: issuer.into(),
                missing: list(missing.into_iter()),
            });
        }
        Ok(())
    }
}

/// Of a fixed length, without anything that could be taken for another line of the signed text.
fn is_seed(seed: &str) -> bool {
    seed.len() == SEED_LEN && seed.bytes().all(|b| b.is_ascii_graphic())
}

/// A whole number, also when it was written as `1.0`.
fn integer(value: &Value) -> Option<i64> {
    let whole = |number: f64| (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64);
    value.as_i64().or_else(|| value.as_f64().and_then(whole))
}
