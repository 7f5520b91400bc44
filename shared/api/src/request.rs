//! A request as a wire adapter hands it over, whichever wire it came by.

use bytes::Bytes;
use http::request::Parts;

/// The largest request body, in bytes as sent and again as decoded: with base64 around it, it still fits
/// the 6 MB event of a Lambda.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// A request's body, as far as it could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// All of it, not yet decoded.
    Complete(Bytes),
    /// It exceeds [`MAX_BODY_BYTES`]; the rest was not read.
    TooLarge,
    /// The client went away or took too long.
    Incomplete,
}

/// A request as a wire adapter hands it over.
#[derive(Debug)]
pub struct Request {
    /// Method, URI (path and query with their percent escapes) and headers.
    pub parts: Parts,
    /// Path and query as they were delivered, where that is not how the URI has them: see
    /// [`delivered`](crate::taskcluster::delivered). A signature may be over either.
    pub delivered: Option<String>,
    /// The body.
    pub body: Body,
}

impl Request {
    /// A request with the whole of its body.
    pub fn complete(request: http::Request<Bytes>) -> Self {
        let (parts, body) = request.into_parts();
        let body = if body.len() > MAX_BODY_BYTES { Body::TooLarge } else { Body::Complete(body) };
        Self { parts, delivered: None, body }
    }

    /// A header's value, where there is exactly such a header and it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
