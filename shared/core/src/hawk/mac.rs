//! What MACs and hashes are computed over.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Target;

/// What a MAC covers beside the target.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Artifacts<'a> {
    /// `header` or `bewit`.
    pub(super) kind: &'static str,
    /// Seconds, as sent.
    pub(super) ts: &'a str,
    pub(super) nonce: &'a str,
    pub(super) hash: &'a str,
    pub(super) ext: &'a str,
    pub(super) app: Option<&'a str>,
    pub(super) dlg: &'a str,
}

/// The MAC of a request, in base64.
pub(super) fn mac(key: &str, target: &Target<'_>, artifacts: &Artifacts<'_>) -> String {
    STANDARD.encode(hmac_sha256(key.as_bytes(), normalized(target, artifacts).as_bytes()))
}

/// One line each, all ended by LF.
fn normalized(target: &Target<'_>, artifacts: &Artifacts<'_>) -> String {
    let mut text = format!(
        "hawk.1.{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n",
        artifacts.kind,
        artifacts.ts,
        artifacts.nonce,
        target.method.to_ascii_uppercase(),
        target.resource,
        target.host.to_ascii_lowercase(),
        target.port,
        artifacts.hash,
        artifacts.ext.replace('\\', "\\\\").replace('\n', "\\n"),
    );
    if let Some(app) = artifacts.app {
        for line in [app, artifacts.dlg] {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// The payload hash of a body, in base64, with the value of its `Content-Type` header, empty if there is none.
pub fn payload_hash(content_type: &str, body: &[u8]) -> String {
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let mut hash = Sha256::new();
    hash.update(b"hawk.1.payload\n");
    hash.update(media_type.as_bytes());
    hash.update(b"\n");
    hash.update(body);
    hash.update(b"\n");
    STANDARD.encode(hash.finalize())
}

/// HMAC-SHA256 with a key of any length.
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC hashes a key longer than its block and pads a shorter one with zeros: done here, the key has the right
    // size by its type, and nothing can fail.
    let mut block = [0; 64];
    if key.len() > block.len() {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// Whether two secrets are equal, in a time that depends on their lengths only.
pub fn constant_time_eq(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}
