//! Bewits: the signature in the query of a signed URL.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::Target;
use super::mac::{Artifacts, constant_time_eq, mac};

/// Written without padding, read with or without: some clients leave it on.
pub(super) const ENCODING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A bewit as it arrived: nothing in it is to be believed before [`Bewit::has_mac_of`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bewit {
    /// Whose key signed it.
    pub id: String,
    /// Until when it is good, in seconds of the Unix epoch: decimal digits, as sent.
    pub expiry: String,
    /// The MAC, in base64.
    pub mac: String,
    /// What the application adds; empty if nothing.
    pub ext: String,
}

/// Why a bewit can't be read. The texts are those of the protocol's reference implementation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BewitError {
    /// Nothing after `bewit=`.
    #[error("Empty bewit")]
    Empty,
    /// Not base64url of UTF-8.
    #[error("Invalid bewit encoding")]
    Encoding,
    /// Not four parts.
    #[error("Invalid bewit structure")]
    Structure,
    /// No id, no MAC, or no number for the expiry.
    #[error("Missing bewit attributes")]
    Missing,
}

/// Takes the bewit out of a path with query: the resource without it, which is what it was made for, and its
/// encoded text. The last one, if there are several.
pub fn split_bewit(resource: &str) -> Option<(String, &str)> {
    let parameter = resource.rmatch_indices("bewit=").map(|(at, _)| at);
    let start = parameter.into_iter().find(|at| resource[..*at].ends_with(['?', '&']))?;
    let encoded = &resource[start + "bewit=".len()..];
    let (encoded, after) = encoded.split_once('&').unwrap_or((encoded, ""));
    // Without what follows, the separator before the bewit goes too.
    let before = if after.is_empty() { &resource[..start - 1] } else { &resource[..start] };
    Some((format!("{before}{after}"), encoded))
}

impl Bewit {
    /// Reads a bewit's text: base64url of `id\expiry\mac\ext`.
    pub fn parse(encoded: &str) -> Result<Self, BewitError> {
        if encoded.is_empty() {
            return Err(BewitError::Empty);
        }
        let bytes = ENCODING.decode(encoded).map_err(|_| BewitError::Encoding)?;
        let text = String::from_utf8(bytes).map_err(|_| BewitError::Encoding)?;
        let parts: Vec<&str> = text.split('\\').collect();
        let [id, expiry, mac, ext] = parts[..] else {
            return Err(BewitError::Structure);
        };
        let is_number = !expiry.is_empty() && expiry.bytes().all(|b| b.is_ascii_digit());
        if id.is_empty() || mac.is_empty() || !is_number {
            return Err(BewitError::Missing);
        }
        Ok(Self { id: id.into(), expiry: expiry.into(), mac: mac.into(), ext: ext.into() })
    }

    /// Until when the bewit is good, in seconds of the Unix epoch; the last one there is, for a number beyond it.
    pub fn expires(&self) -> i64 {
        self.expiry.parse().unwrap_or(i64::MAX)
    }

    /// Whether the bewit was made with this key for this target, whose resource is the one without the bewit. The
    /// method doesn't count: a bewit is made for GET and serves HEAD too.
    pub fn has_mac_of(&self, key: &str, target: &Target<'_>) -> bool {
        constant_time_eq(&self.mac, &bewit_mac(key, target, &self.expiry, &self.ext))
    }
}

pub(super) fn bewit_mac(key: &str, target: &Target<'_>, expiry: &str, ext: &str) -> String {
    let artifacts = Artifacts { kind: "bewit", ts: expiry, ext, ..Artifacts::default() };
    mac(key, &Target { method: "GET", ..*target }, &artifacts)
}
