//! Responses: JSON, and the headers that all of them carry.

use http::header::{ALLOW, CACHE_CONTROL};
use http::{HeaderValue, StatusCode};
use uuid::Uuid;

use super::call::Reply;
use super::error::ApiError;
use crate::taskcluster::response::{self, JSON, REQUEST_ID, Response, security_headers};

/// A reply as a response.
pub(super) fn of_reply(reply: Reply, id: Uuid) -> Response {
    finish(response::response(reply.status, JSON, reply.body), id)
}

/// An error as a response.
pub(super) fn of_error(error: &ApiError, id: Uuid) -> Response {
    let mut response = response::response(error.status, JSON, error.body(id).to_string());
    if let Some(Ok(allow)) = error.allow.as_deref().map(HeaderValue::from_str) {
        response.headers_mut().insert(ALLOW, allow);
    }
    finish(response, id)
}

/// The answer of a handler that panicked; the log has the panic already.
pub fn panicked() -> Response {
    of_error(&ApiError::internal("a handler panicked"), Uuid::new_v4())
}

/// The answer in the place of one that is larger than the wire adapter can send: only listings are.
pub fn too_large() -> Response {
    let message =
        "The reply would be larger than can be sent: ask for less of it at a time, with limit and offset";
    of_error(&ApiError::new(StatusCode::BAD_REQUEST, message), Uuid::new_v4())
}

fn finish(mut response: Response, id: Uuid) -> Response {
    let headers = response.headers_mut();
    headers.extend(security_headers().clone());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    response
}
