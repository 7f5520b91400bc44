//! Signatures of a row that aren't as they should be.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::signing::{retouched, retouched_bewit};
use crate::{Caller, Request, Signer};

/// What is other than usual about a request's signature, which is the root client's in a header.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub(super) struct Signed {
    client_id: Option<String>,
    access_token: Option<String>,
    host: Option<String>,
    port: Option<u16>,
    /// Seconds that the signer's clock is ahead.
    ahead: i64,
    /// `"METHOD /path"`: what is signed in the place of what is sent.
    over: Option<String>,
    /// Ahead of base64: a text, or JSON.
    ext: Option<Value>,
    /// Body and content type that the signature covers.
    hashed: Option<(String, String)>,
    /// Temporary credentials sign.
    certificate: Option<Certificate>,
    /// A bewit in the URL signs, for so many seconds.
    bewit: Option<i64>,
    /// Attributes of the header, or parts of the bewit, as they are sent: changed after signing. Null leaves one out.
    sent: Map<String, Value>,
    /// What is sent after the header's last attribute.
    more: String,
}

/// Temporary credentials, issued by who would sign else.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
struct Certificate {
    /// Their name, if they have one.
    name: Option<String>,
    scopes: Vec<String>,
    /// Minutes by which `start` and `expiry` are moved, from now and from an hour on.
    minutes: (i64, i64),
    /// Members as they are signed; null leaves one out.
    with: Map<String, Value>,
    /// Members as they are sent: changed after signing. Null leaves one out.
    sent: Map<String, Value>,
    /// The key that the request is signed with, in the place of the credentials' own.
    access_token: Option<String>,
    /// `ext`, beside the certificate.
    ext: Map<String, Value>,
}

impl Signed {
    /// The request with this signature, of a server where `root` is the usual signer.
    pub(super) fn sign(&self, request: Request, root: Signer) -> Request {
        let signer = self.signer(root);
        let over = self.over.as_ref().map(|line| Request::to(line));
        let (method, path) = over.as_ref().unwrap_or(&request).target();
        if let Some(seconds) = self.bewit {
            let signed = retouched_bewit(&signer.signed_url(path, seconds), &self.sent);
            let bewit = signed.rsplit_once("bewit=").expect("a bewit").1.to_owned();
            return request.and_query(&format!("bewit={bewit}")).anonymously();
        }
        let header = retouched(&signer.header(method, path), &self.sent) + &self.more;
        request.by(Caller::Header(header))
    }

    fn signer(&self, mut signer: Signer) -> Signer {
        let set = |field: &mut String, given: &Option<String>| {
            if let Some(given) = given {
                field.clone_from(given);
            }
        };
        set(&mut signer.client_id, &self.client_id);
        set(&mut signer.access_token, &self.access_token);
        set(&mut signer.host, &self.host);
        signer.port = self.port.unwrap_or(signer.port);
        signer.ahead = self.ahead;
        signer.hashed.clone_from(&self.hashed);
        if let Some(certificate) = &self.certificate {
            signer = certificate.issued_by(&signer);
        }
        match &self.ext {
            None => signer,
            Some(Value::String(text)) => signer.ext(text),
            Some(json) => signer.ext(json),
        }
    }
}

impl Certificate {
    fn issued_by(&self, issuer: &Signer) -> Signer {
        let scopes: Vec<&str> = self.scopes.iter().map(String::as_str).collect();
        let mut signer = issuer.issue(self.name.as_deref(), &scopes, |certificate| {
            for (member, minutes) in [("start", self.minutes.0), ("expiry", self.minutes.1)] {
                let moved = certificate[member].as_i64().expect("milliseconds") + minutes * 60_000;
                certificate[member] = json!(moved);
            }
            change(certificate, &self.with);
        });
        let mut ext: Value = serde_json::from_str(signer.ext.as_deref().expect("a certificate")).unwrap();
        change(&mut ext["certificate"], &self.sent);
        change(&mut ext, &self.ext);
        signer.ext = Some(ext.to_string());
        signer.access_token = self.access_token.clone().unwrap_or(signer.access_token);
        signer
    }
}

/// Sets members, and removes those that are null.
fn change(object: &mut Value, members: &Map<String, Value>) {
    let object = object.as_object_mut().expect("an object");
    for (name, value) in members {
        if value.is_null() {
            object.remove(name);
        } else {
            object.insert(name.clone(), value.clone());
        }
    }
}
