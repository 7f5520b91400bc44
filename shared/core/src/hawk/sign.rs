//! Signing requests and URLs.

use base64::Engine;
use std::fmt;

use super::Target;
use super::bewit::{ENCODING, bewit_mac};
use super::header::is_allowed_in_value;
use super::mac::{Artifacts, mac};

/// Somebody's id and key.
#[derive(Clone)]
pub struct Signer {
    id: String,
    key: String,
}

/// What a header says beside what it is sent to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unsigned<'a> {
    /// Now, in seconds of the Unix epoch.
    pub ts: i64,
    /// Random, unique for one time and key.
    pub nonce: &'a str,
    /// The [payload hash](super::payload_hash) of the body, if it is to be covered.
    pub hash: Option<&'a str>,
    /// What the application adds.
    pub ext: Option<&'a str>,
}

/// Something that can't be written into a header or a bewit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the Hawk attribute {name} is empty or has a quote, a backslash or a character that isn't printable ASCII"
)]
pub struct InvalidAttribute {
    /// Its name.
    pub name: &'static str,
}

impl Signer {
    /// Takes the id and the key: in Taskcluster, the client id and the access token.
    pub fn new(id: impl Into<String>, key: impl Into<String>) -> Self {
        Self { id: id.into(), key: key.into() }
    }

    /// Whose key it is.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The value of the `Authorization` header for a request.
    pub fn header(&self, target: &Target<'_>, unsigned: &Unsigned<'_>) -> Result<String, InvalidAttribute> {
        let ts = unsigned.ts.to_string();
        let artifacts = Artifacts {
            kind: "header",
            ts: &ts,
            nonce: unsigned.nonce,
            hash: unsigned.hash.unwrap_or_default(),
            ext: unsigned.ext.unwrap_or_default(),
            ..Artifacts::default()
        };
        let mut value = format!(
            "Hawk id=\"{}\", ts=\"{ts}\", nonce=\"{}\"",
            check("id", &self.id)?,
            check("nonce", unsigned.nonce)?
        );
        for (name, given) in [("hash", unsigned.hash), ("ext", unsigned.ext)] {
            if let Some(given) = given {
                value.push_str(&format!(", {name}=\"{}\"", check(name, given)?));
            }
        }
        value.push_str(&format!(", mac=\"{}\"", mac(&self.key, target, &artifacts)));
        Ok(value)
    }

    /// The bewit of a URL, good until `expiry` in seconds of the Unix epoch: to be appended to the resource as the
    /// query parameter `bewit`.
    pub fn bewit(&self, target: &Target<'_>, expiry: i64, ext: &str) -> Result<String, InvalidAttribute> {
        check("id", &self.id)?;
        if !ext.is_empty() {
            check("ext", ext)?;
        }
        let expiry = expiry.to_string();
        let mac = bewit_mac(&self.key, target, &expiry, ext);
        Ok(ENCODING.encode(format!("{}\\{expiry}\\{mac}\\{ext}", self.id)))
    }
}

/// Shows whose key it is, not the key.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("id", &self.id).finish_non_exhaustive()
    }
}

fn check<'v>(name: &'static str, value: &'v str) -> Result<&'v str, InvalidAttribute> {
    if value.is_empty() || !value.chars().all(is_allowed_in_value) {
        return Err(InvalidAttribute { name });
    }
    Ok(value)
}
