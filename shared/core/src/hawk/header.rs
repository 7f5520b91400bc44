//! The `Authorization` header.

use super::Target;
use super::mac::{Artifacts, constant_time_eq, mac};

/// The longest header that is looked at, in bytes.
pub const MAX_HEADER_LEN: usize = 4096;

/// A header as it arrived: nothing in it is to be believed before [`Header::has_mac_of`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Header<'h> {
    /// Whose key signed it.
    pub id: &'h str,
    /// When, in seconds of the Unix epoch: decimal digits, as sent.
    pub ts: &'h str,
    /// Random, unique for one time and key.
    pub nonce: &'h str,
    /// The MAC, in base64.
    pub mac: &'h str,
    /// The payload hash, in base64.
    pub hash: Option<&'h str>,
    /// What the application adds.
    pub ext: Option<&'h str>,
    /// The application's id (of Oz).
    pub app: Option<&'h str>,
    /// The delegating application's id (of Oz).
    pub dlg: Option<&'h str>,
}

/// Why a header can't be read. The texts are those of the protocol's reference implementation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Another scheme than Hawk.
    #[error("Unauthorized")]
    Scheme,
    /// No scheme, or nothing after it.
    #[error("Invalid header syntax")]
    Syntax,
    /// Longer than [`MAX_HEADER_LEN`].
    #[error("Header length too long")]
    TooLong,
    /// Not a list of `name="value"`.
    #[error("Bad header format")]
    Format,
    /// An attribute that the protocol doesn't have.
    #[error("Unknown attribute: {0}")]
    Unknown(String),
    /// A character that no value may have, or a time that isn't one.
    #[error("Bad attribute value: {0}")]
    Value(String),
    /// The same attribute again.
    #[error("Duplicate attribute: {0}")]
    Duplicate(String),
    /// `id`, `ts`, `nonce` or `mac` is not there.
    #[error("Missing attributes")]
    Missing,
}

impl<'h> Header<'h> {
    /// Reads the value of an `Authorization` header: attributes in any order, each at most once; an empty one is
    /// as good as none.
    pub fn parse(value: &'h str) -> Result<Self, HeaderError> {
        if value.len() > MAX_HEADER_LEN {
            return Err(HeaderError::TooLong);
        }
        let value = value.trim_ascii();
        let (scheme, attributes) = value.split_at(value.find(|c| !is_word(c)).unwrap_or(value.len()));
        if scheme.is_empty() || !(attributes.is_empty() || attributes.starts_with([' ', '\t'])) {
            return Err(HeaderError::Syntax);
        }
        if !scheme.eq_ignore_ascii_case("hawk") {
            return Err(HeaderError::Scheme);
        }
        let mut rest = attributes.trim_ascii_start();
        if rest.is_empty() {
            return Err(HeaderError::Syntax);
        }
        let mut read = Attributes::default();
        while !rest.is_empty() {
            rest = read.take_one(rest)?;
        }
        read.into_header()
    }

    /// The header's time in seconds of the Unix epoch; the last one there is, for a number beyond it.
    pub fn time(&self) -> i64 {
        self.ts.parse().unwrap_or(i64::MAX)
    }

    /// Whether the header was made with this key for this request.
    pub fn has_mac_of(&self, key: &str, target: &Target<'_>) -> bool {
        let artifacts = Artifacts {
            kind: "header",
            ts: self.ts,
            nonce: self.nonce,
            hash: self.hash.unwrap_or_default(),
            ext: self.ext.unwrap_or_default(),
            app: self.app,
            dlg: self.dlg.unwrap_or_default(),
        };
        constant_time_eq(self.mac, &mac(key, target, &artifacts))
    }
}

const NAMES: [&str; 8] = ["id", "ts", "nonce", "mac", "hash", "ext", "app", "dlg"];

/// Values by the position of their name.
#[derive(Default)]
struct Attributes<'h>([Option<&'h str>; NAMES.len()]);

impl<'h> Attributes<'h> {
    /// Takes one `name="value"` with its comma, and returns what follows.
    fn take_one(&mut self, text: &'h str) -> Result<&'h str, HeaderError> {
        let (name, rest) = text.split_once("=\"").ok_or(HeaderError::Format)?;
        if name.is_empty() || !name.chars().all(is_word) {
            return Err(HeaderError::Format);
        }
        let (value, rest) = rest.split_once('"').ok_or(HeaderError::Format)?;
        let at = NAMES.iter().position(|n| *n == name);
        let slot = at.map(|i| &mut self.0[i]).ok_or_else(|| HeaderError::Unknown(name.to_owned()))?;
        if !value.chars().all(is_allowed_in_value) {
            return Err(HeaderError::Value(name.to_owned()));
        }
        if slot.replace(value).is_some() {
            return Err(HeaderError::Duplicate(name.to_owned()));
        }
        let rest = rest.trim_ascii_start();
        match rest.strip_prefix(',') {
            Some(rest) => Ok(rest.trim_ascii_start()),
            None if rest.is_empty() => Ok(rest),
            None => Err(HeaderError::Format),
        }
    }

    fn into_header(self) -> Result<Header<'h>, HeaderError> {
        let [id, ts, nonce, mac, hash, ext, app, dlg] = self.0.map(|value| value.filter(|v| !v.is_empty()));
        let (Some(id), Some(ts), Some(nonce), Some(mac)) = (id, ts, nonce, mac) else {
            return Err(HeaderError::Missing);
        };
        if !ts.bytes().all(|b| b.is_ascii_digit()) {
            return Err(HeaderError::Value("ts".to_owned()));
        }
        Ok(Header { id, ts, nonce, mac, hash, ext, app, dlg })
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Printable ASCII without the quote and the backslash.
pub(super) fn is_allowed_in_value(c: char) -> bool {
    matches!(c, ' '..='~') && c != '"' && c != '\\'
}
