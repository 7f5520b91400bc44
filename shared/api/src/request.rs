//! A request as a wire adapter hands it over, whichever wire it came by.

use bytes::Bytes;
use http::request::Parts;
use treble_core::trace::{TRACEPARENT, TraceContext, XRAY_HEADER};

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
    /// The trace that the wire itself has it in, which counts where the headers tell of none.
    pub trace: Option<TraceContext>,
}

impl Request {
    /// A request with the whole of its body.
    pub fn complete(request: http::Request<Bytes>) -> Self {
        let (parts, body) = request.into_parts();
        let body = if body.len() > MAX_BODY_BYTES { Body::TooLarge } else { Body::Complete(body) };
        Self { parts, delivered: None, body, trace: None }
    }

    /// A header's value, where there is exactly such a header and it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The trace that it belongs to: what the caller says in W3C's header, or in X-Ray's, or what the wire says. A header
    /// that comes twice says nothing.
    pub fn trace(&self) -> Option<TraceContext> {
        let single = |name: &str| {
            let mut values = self.parts.headers.get_all(name).iter();
            values.next().filter(|_| values.next().is_none())?.to_str().ok()
        };
        let caller = single(TRACEPARENT).and_then(TraceContext::from_traceparent);
        caller.or_else(|| single(XRAY_HEADER).and_then(TraceContext::from_xray)).or(self.trace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const W3C: (&str, &str) = (TRACEPARENT, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    const XRAY: (&str, &str) =
        (XRAY_HEADER, "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0");

    #[test]
    fn who_says_most_about_a_trace_counts() {
        let (w3c, xray) = (TraceContext::from_traceparent(W3C.1), TraceContext::from_xray(XRAY.1));
        let wire = TraceContext::from_xray(&XRAY.1.replace("Parent=5", "Parent=6"));
        let cases = [
            (vec![W3C, XRAY], w3c),
            (vec![XRAY], xray),
            (vec![(TRACEPARENT, "00-x"), XRAY], xray),
            (vec![W3C, W3C, XRAY], xray),
            (vec![(XRAY_HEADER, "Root=1-5759e988-bd862e3fe1be46a994272793")], wire),
            (vec![(TRACEPARENT, "grün")], wire),
            (vec![], wire),
        ];
        for (headers, expected) in cases {
            let mut request = http::Request::builder();
            for (name, value) in &headers {
                request = request.header(*name, *value);
            }
            let request = Request { trace: wire, ..Request::complete(request.body(Bytes::new()).unwrap()) };
            assert_eq!(request.trace(), expected, "{headers:?}");
        }
    }
}
