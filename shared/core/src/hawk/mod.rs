//! Hawk: requests signed with a shared key.
//!
//! The protocol is <https://github.com/mozilla/hawk/blob/main/API.md>, version 1, with SHA-256 only: what
//! Taskcluster's clients and services speak. A [`Header`] is what arrives in `Authorization`, a [`Bewit`] what
//! arrives in the query of a signed URL; a [`Signer`] makes both. What they are computed over is a [`Target`].
//!
//! Times and nonces are arguments. Whether a header is recent enough and a bewit still good is for the caller to
//! decide, after the MAC: what isn't authentic says nothing.

mod bewit;
mod header;
mod mac;
mod sign;

pub use bewit::{Bewit, BewitError, split_bewit};
pub use header::{Header, HeaderError, MAX_HEADER_LEN};
pub use mac::{constant_time_eq, hmac_sha256, payload_hash};
pub use sign::{InvalidAttribute, Signer, Unsigned};

/// What a request is sent to, as its MAC covers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'a> {
    /// In any case; the MAC has it in upper case.
    pub method: &'a str,
    /// The path and query exactly as sent, percent-encoding included.
    pub resource: &'a str,
    /// The host that the client asked, without port; in any case, the MAC has it in lower case.
    pub host: &'a str,
    /// The port that the client asked, also where it is the scheme's own.
    pub port: u16,
}

#[cfg(test)]
mod tests;
