//! Signing requests as Taskcluster's clients do, and as an attacker would.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hawk::{Credentials, Key, PayloadHasher, RequestBuilder, SHA256};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;

/// Who signs, for which server, and with what deviations from the usual.
#[derive(Clone)]
pub struct Signer {
    /// The `id` attribute.
    pub client_id: String,
    /// The key of the MAC.
    pub access_token: String,
    /// The host and port that the MAC covers.
    pub host: String,
    /// See `host`.
    pub port: u16,
    /// The `ext` attribute, ahead of base64.
    pub ext: Option<String>,
    /// Seconds that the signer's clock is ahead of ours.
    pub ahead: i64,
    /// The body and content type to hash into the header; `None` leaves the hash out.
    pub hashed: Option<(String, String)>,
}

impl Signer {
    /// The usual signer with these credentials, for a server at this host and port.
    pub fn new(credentials: &taskcluster::Credentials, host: &str, port: u16) -> Signer {
        let certificate = credentials.certificate.as_deref().map(|text| {
            let certificate: Value = serde_json::from_str(text).unwrap();
            json!({ "certificate": certificate }).to_string()
        });
        Signer {
            client_id: credentials.client_id.clone(),
            access_token: credentials.access_token.clone(),
            host: host.to_owned(),
            port,
            ext: certificate,
            ahead: 0,
            hashed: None,
        }
    }

    /// The same with this `ext`.
    pub fn ext(mut self, ext: impl ToString) -> Signer {
        self.ext = Some(ext.to_string());
        self
    }

    fn key(&self) -> Credentials {
        Credentials { id: self.client_id.clone(), key: Key::new(&self.access_token, SHA256).unwrap() }
    }

    fn encoded_ext(&self) -> Option<String> {
        self.ext.as_ref().map(|ext| STANDARD.encode(ext))
    }

    fn now(&self) -> SystemTime {
        let shift = Duration::from_secs(self.ahead.unsigned_abs());
        if self.ahead < 0 { SystemTime::now() - shift } else { SystemTime::now() + shift }
    }

    /// The `Authorization` header of a request.
    pub fn header(&self, method: &str, resource: &str) -> String {
        let ext = self.encoded_ext();
        let hash = self
            .hashed
            .as_ref()
            .map(|(body, content_type)| PayloadHasher::hash(content_type, SHA256, body).unwrap());
        let mut request = RequestBuilder::new(method, &self.host, self.port, resource).ext(ext.as_deref());
        if let Some(hash) = &hash {
            request = request.hash(&hash[..]);
        }
        let header = request.request().make_header_full(&self.key(), self.now(), nonce()).unwrap();
        format!("Hawk {header}")
    }

    /// A resource with a bewit that ends in `seconds` from now.
    pub fn signed_url(&self, resource: &str, seconds: i64) -> String {
        let signer = Signer { ahead: self.ahead + seconds, ..self.clone() };
        let (ext, key) = (self.encoded_ext(), self.key());
        let request =
            RequestBuilder::new("GET", &self.host, self.port, resource).ext(ext.as_deref()).request();
        let bewit = request.make_bewit(&key, signer.now()).unwrap().to_str();
        let separator = if resource.contains('?') { '&' } else { '?' };
        format!("{resource}{separator}bewit={bewit}")
    }

    /// Temporary credentials that this signer issues, with a certificate changed by `change` before it is
    /// signed; under `name` if there is one.
    pub fn issue(&self, name: Option<&str>, scopes: &[&str], change: impl FnOnce(&mut Value)) -> Signer {
        let now = self.now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
        let now = i64::try_from(now).unwrap();
        let mut certificate = json!({
            "version": 1, "scopes": scopes, "start": now, "expiry": now + 3_600_000,
            "seed": "0123456789012345678901012345678901234567890a",
        });
        if name.is_some() {
            certificate["issuer"] = json!(self.client_id);
        }
        change(&mut certificate);
        let client_id = name.unwrap_or(&self.client_id).to_owned();
        let signature = self.hmac(signed_lines(&certificate, &client_id).as_bytes());
        certificate["signature"] = json!(STANDARD.encode(signature));
        let seed = certificate["seed"].as_str().unwrap_or_default();
        let access_token = URL_SAFE_NO_PAD.encode(self.hmac(seed.as_bytes()));
        let ext = Some(json!({ "certificate": certificate }).to_string());
        Signer { client_id, access_token, ext, ..self.clone() }
    }

    fn hmac(&self, data: &[u8]) -> Vec<u8> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.access_token.as_bytes()).unwrap();
        mac.update(data);
        mac.finalize().into_bytes().to_vec()
    }
}

/// A word that no other request of this process has.
fn nonce() -> String {
    static USED: AtomicU64 = AtomicU64::new(0);
    format!("n{}-{}", std::process::id(), USED.fetch_add(1, Ordering::Relaxed))
}

/// The lines that a certificate's signature covers.
fn signed_lines(certificate: &Value, client_id: &str) -> String {
    let text = |key: &str| match &certificate[key] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut lines = vec![format!("version:{}", text("version"))];
    if certificate.get("issuer").is_some() {
        lines.push(format!("clientId:{client_id}"));
        lines.push(format!("issuer:{}", text("issuer")));
    }
    lines.extend(["seed", "start", "expiry"].map(|key| format!("{key}:{}", text(key))));
    lines.push("scopes:".to_owned());
    let scopes = certificate["scopes"].as_array().into_iter().flatten();
    lines.extend(scopes.map(|scope| scope.as_str().unwrap_or_default().to_owned()));
    lines.join("\n")
}

/// A header with attributes set to other values, or left out where those are null.
pub(crate) fn retouched(header: &str, attributes: &Map<String, Value>) -> String {
    let (scheme, sent) = header.split_once(' ').unwrap();
    let mut sent: Vec<(&str, String)> = sent
        .split(", ")
        .map(|attribute| attribute.split_once('=').unwrap())
        .map(|(name, quoted)| (name, quoted.trim_matches('"').to_owned()))
        .collect();
    for (name, value) in attributes {
        sent.retain(|(kept, _)| kept != name);
        sent.extend(value.as_str().map(|value| (name.as_str(), value.to_owned())));
    }
    let written: Vec<String> = sent.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    format!("{scheme} {}", written.join(", "))
}

/// A URL with parts of its bewit, `id`, `expiry`, `mac` and `ext`, set to other values, or left out where those are null.
pub(crate) fn retouched_bewit(url: &str, parts: &Map<String, Value>) -> String {
    let (before, bewit) = url.rsplit_once("bewit=").unwrap();
    let bewit = String::from_utf8(URL_SAFE_NO_PAD.decode(bewit).unwrap()).unwrap();
    let sent = ["id", "expiry", "mac", "ext"].into_iter().zip(bewit.split('\\'));
    let sent = sent.filter_map(|(name, value)| parts.get(name).map_or(Some(value), Value::as_str));
    let bewit = sent.collect::<Vec<_>>().join("\\");
    format!("{before}bewit={}", URL_SAFE_NO_PAD.encode(bewit))
}
