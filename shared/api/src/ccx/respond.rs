//! Answers to requests that are there as a whole, by responses that are: what Lambda has.

use connectrpc::{ConnectError, ConnectRpcBody, Dispatcher as _, Protocol};
use http::StatusCode;
use http_body_util::{BodyExt as _, Full};
use tower_service::Service as _;

use super::{Connect, MOUNT};
use crate::content::too_large;
use crate::request::{Body, Request};
use crate::taskcluster::done::Done;
use crate::taskcluster::error::{Code, RequestInfo};
use crate::taskcluster::response::{Response, security_headers};

impl Connect {
    /// Answers a request. Never fails: what goes wrong is a response too.
    ///
    /// Connect and gRPC-Web are answered. gRPC is told that it isn't: its results are in trailers, which such a response hasn't.
    pub async fn respond(&self, request: &Request) -> Response {
        let route = self.route(request.parts.uri.path());
        let span = tracing::Span::current();
        span.record("route", route);
        if let Some(trace) = request.trace() {
            span.record("trace", tracing::field::display(trace));
        }
        let mut response = whole(self.answer(request).await).await;
        response.headers_mut().extend(security_headers().clone());
        Done { code: code(response.status()), ..Done::by(route) }.told_with(response)
    }

    async fn answer(&self, request: &Request) -> http::Response<ConnectRpcBody> {
        let headers = &request.parts.headers;
        let refused = match &request.body {
            _ if is_grpc(request) => ConnectError::unimplemented(
                "gRPC is not spoken here, as nothing takes its trailers: use Connect or gRPC-Web",
            ),
            Body::TooLarge => ConnectError::resource_exhausted(too_large()),
            Body::Incomplete => ConnectError::invalid_argument("The request's body ended before its time"),
            Body::Complete(body) => {
                let request = http::Request::from_parts(request.parts.clone(), Full::new(body.clone()));
                let Ok(response) = self.clone().call(request).await;
                return response;
            }
        };
        refused.into_http_response(headers)
    }

    /// The method that a path leads to.
    fn route(&self, path: &str) -> &'static str {
        let spec = self.calls().lookup(path.trim_start_matches('/')).and_then(|method| method.spec);
        spec.and_then(|spec| spec.procedure.strip_prefix(MOUNT)).unwrap_or(RequestInfo::UNKNOWN)
    }
}

fn is_grpc(request: &Request) -> bool {
    Protocol::detect(&request.parts.headers).is_some_and(|detected| detected.protocol == Protocol::Grpc)
}

/// Reads a body to its end. What it has for trailers, as an error in gRPC, may as well be headers where there is nothing before.
async fn whole(response: http::Response<ConnectRpcBody>) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(body) = body.collect().await;
    if let Some(trailers) = body.trailers() {
        parts.headers.extend(trailers.clone());
    }
    Response::from_parts(parts, body.to_bytes())
}

/// What is wrong, as it is counted: in Connect, the status tells.
fn code(status: StatusCode) -> Option<Code> {
    match status.as_u16() {
        ..400 => None,
        401 => Some(Code::AuthenticationFailed),
        404 | 405 => Some(Code::ResourceNotFound),
        413 | 429 => Some(Code::InputTooLarge),
        400..500 => Some(Code::InputError),
        503 => Some(Code::ServiceUnavailable),
        _ => Some(Code::InternalServerError),
    }
}
