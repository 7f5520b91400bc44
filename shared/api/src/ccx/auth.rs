//! Who calls: whoever shows one of the tokens.

use connectrpc::ConnectError;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue};
use treble_core::hawk::constant_time_eq;

use super::Service;

impl Service {
    /// Checks a request's token, whatever its protocol: all of them have the headers of HTTP.
    pub(super) fn authenticate(&self, headers: &HeaderMap) -> Result<(), ConnectError> {
        if self.tokens.is_empty() {
            return Ok(());
        }
        let Some(shown) = headers.get(AUTHORIZATION) else {
            return Err(unauthenticated("There is no token: send the header authorization: Bearer <token>"));
        };
        let Some(shown) = shown.to_str().ok().and_then(bearer) else {
            return Err(unauthenticated("The header authorization is not Bearer and a token"));
        };
        // All are compared, so that the time doesn't tell which it is.
        let known = self.tokens.iter().fold(false, |known, token| known | constant_time_eq(token, shown));
        if known { Ok(()) } else { Err(unauthenticated("The token is not known here")) }
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn unauthenticated(message: &str) -> ConnectError {
    let headers = HeaderMap::from_iter([(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))]);
    ConnectError::unauthenticated(message).with_headers(headers)
}
