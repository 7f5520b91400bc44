//! Responses: bodies, the headers that all of them carry, ETags.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use jiff::Timestamp;
use sha1::{Digest, Sha1};

use super::call::Reply;
use super::done::Done;
use super::error::{ApiError, RequestInfo};
use super::json_text::json_text;
use crate::request::Request;

/// A response, whole.
pub type Response = http::Response<Bytes>;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const TRACE_ID: HeaderName = HeaderName::from_static("x-for-trace-id");
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-for-request-id");

/// A response of any kind.
pub fn response(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// A response of text.
pub fn text(body: impl Into<Bytes>) -> Response {
    response(StatusCode::OK, TEXT, body)
}

/// A response of JSON, with an ETag by which it need not be sent again.
pub fn json(reply: Reply) -> Response {
    let etag = HeaderValue::from_str(&etag(&reply.body));
    let mut response = response(reply.status, JSON, reply.body);
    if let Ok(etag) = etag {
        response.headers_mut().insert(ETAG, etag);
    }
    response
}

/// The weak ETag that the reference service gives: the length in hexadecimal, and SHA-1 in base64.
fn etag(body: &str) -> String {
    let mut digest = STANDARD_NO_PAD.encode(Sha1::digest(body.as_bytes()));
    digest.truncate(27);
    format!("W/\"{:x}-{digest}\"", body.len())
}

/// An error in its envelope.
pub fn error(error: &ApiError, info: &RequestInfo) -> Response {
    let envelope = error.envelope(info);
    let body = json_text(&envelope).unwrap_or_else(|_| envelope.to_string());
    let mut response = json(Reply { status: error.code.status(), body });
    if error.challenge {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("hawk"));
    }
    response
}

/// The answer of a handler that panicked; the log has the panic already. The clock is not the service's, as that may
/// be what panicked.
pub fn panicked(request: &Request) -> Response {
    let info = RequestInfo::new(RequestInfo::UNKNOWN, Timestamp::now());
    let failed = ApiError::internal("a handler panicked");
    let done = Done { code: Some(failed.code), ..Done::by(RequestInfo::UNKNOWN) };
    finish(request, done.told_with(error(&failed, &info)), true)
}

/// The answer in the place of one that is larger than the wire adapter can send: only listings are.
pub fn too_large(request: &Request) -> Response {
    let info = RequestInfo::new(RequestInfo::UNKNOWN, Timestamp::now());
    let message = "The reply would be larger than can be sent: ask for less of it at a time with `limit`, and for the rest with \
                   the `continuationToken` that comes with it";
    finish(request, error(&ApiError::input(message), &info), true)
}

/// What OPTIONS tells of a path.
pub fn options(methods: &[&'static str]) -> Response {
    let list = methods.join(", ");
    let allow = HeaderValue::from_str(&list);
    let mut response = text(list);
    if let Ok(allow) = allow {
        response.headers_mut().insert(ALLOW, allow);
    }
    response
}

/// Adds the headers that every response carries, and leaves out a body that the client has or didn't ask
/// for. `api` tells whether it answers something below the API's mount.
pub fn finish(request: &Request, mut response: Response, api: bool) -> Response {
    add_ids(request, response.headers_mut());
    response.headers_mut().extend(security_headers().clone());
    if api {
        response.headers_mut().extend(cors_headers().clone());
    }
    if has_it_already(request, &response) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().remove(CONTENT_TYPE);
        *response.body_mut() = Bytes::new();
    }
    response
}

fn add_ids(request: &Request, headers: &mut HeaderMap) {
    let given = request.parts.headers.get("x-taskcluster-trace-id").cloned();
    if let Some(trace) = given.or_else(fresh_id) {
        headers.insert(TRACE_ID, trace);
    }
    if let Some(id) = fresh_id() {
        headers.insert(REQUEST_ID, id);
    }
}

fn fresh_id() -> Option<HeaderValue> {
    HeaderValue::from_str(&uuid::Uuid::new_v4().to_string()).ok()
}

/// As express does: only for a success of GET or HEAD, and not when the client insists.
fn has_it_already(request: &Request, response: &Response) -> bool {
    let asks = matches!(request.parts.method, Method::GET | Method::HEAD) && response.status().is_success();
    let insists = request.header(CACHE_CONTROL.as_str()).is_some_and(|value| value.contains("no-cache"));
    let (Some(tag), Some(known)) = (
        response.headers().get(ETAG).and_then(|tag| tag.to_str().ok()),
        request.header(IF_NONE_MATCH.as_str()),
    ) else {
        return false;
    };
    let weak = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    asks && !insists && (known.trim() == "*" || known.split(',').any(|known| weak(known) == weak(tag)))
}

pub(crate) fn security_headers() -> &'static HeaderMap {
    static HEADERS: OnceLock<HeaderMap> = OnceLock::new();
    HEADERS.get_or_init(|| {
        fixed([
            (CONTENT_SECURITY_POLICY, "report-uri /__cspreport__;default-src 'none';frame-ancestors 'none';"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ])
    })
}

fn cors_headers() -> &'static HeaderMap {
    static HEADERS: OnceLock<HeaderMap> = OnceLock::new();
    HEADERS.get_or_init(|| {
        fixed([
            (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            (ACCESS_CONTROL_MAX_AGE, "900"),
            (ACCESS_CONTROL_ALLOW_METHODS, "OPTIONS,GET,HEAD,POST,PUT,DELETE,TRACE,CONNECT"),
            (ACCESS_CONTROL_REQUEST_METHOD, "*"),
            (
                ACCESS_CONTROL_ALLOW_HEADERS,
                "X-Requested-With,Content-Type,Authorization,Accept,Origin,Cache-Control",
            ),
            // Without commas, as the reference service has it.
            (CACHE_CONTROL, "no-store no-cache must-revalidate"),
            (VARY, "Accept-Encoding"),
        ])
    })
}

fn fixed<const N: usize>(headers: [(HeaderName, &'static str); N]) -> HeaderMap {
    headers.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: Method, headers: &[(&'static str, &'static str)]) -> Request {
        let mut request = http::Request::builder().method(method);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Request::complete(request.body(Bytes::new()).unwrap())
    }

    #[test]
    fn a_client_that_has_the_reply_gets_no_body() {
        let reply = Reply { status: StatusCode::OK, body: "{}".into() };
        let tag = "W/\"2-vyGp6PvFo4RvsFtPoIWeCReyIC8\"";
        assert_eq!(json(reply.clone()).headers()[ETAG], tag);
        let cases = [
            (Method::GET, vec![("if-none-match", tag)], StatusCode::NOT_MODIFIED),
            (
                Method::GET,
                vec![("if-none-match", "\"x\", \"2-vyGp6PvFo4RvsFtPoIWeCReyIC8\"")],
                StatusCode::NOT_MODIFIED,
            ),
            (Method::GET, vec![("if-none-match", tag), ("cache-control", "no-cache")], StatusCode::OK),
            (Method::GET, vec![("if-none-match", "\"x\"")], StatusCode::OK),
            (Method::POST, vec![("if-none-match", tag)], StatusCode::OK),
        ];
        for (method, headers, status) in cases {
            let response = finish(&request(method, &headers), json(reply.clone()), true);
            assert_eq!(response.status(), status, "{headers:?}");
            assert_eq!(response.body().is_empty(), status == StatusCode::NOT_MODIFIED);
        }
    }

    #[test]
    fn a_trace_is_carried_on() {
        let traced = request(Method::GET, &[("x-taskcluster-trace-id", "abc")]);
        let response = finish(&traced, text("x"), false);
        assert_eq!(response.headers()[TRACE_ID], "abc");
        assert_ne!(response.headers()[REQUEST_ID], "abc");
        assert!(!response.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
    }
}
