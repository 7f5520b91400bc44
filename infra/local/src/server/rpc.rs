//! Calls of CCX: requests of the Connect protocol, and of gRPC, whose answers have trailers.

use std::sync::Arc;
use std::time::Instant;

use connectrpc::{ConnectError, ConnectRpcBody};
use http::request::Parts;
use http::{Request, Response};
use http_body_util::{Either, Full};
use tower_service::Service as _;
use treble_api::ccx::Connect;
use treble_api::request::{Body, MAX_BODY_BYTES};

use super::connection::{ReplyBody, log};
use super::{MAX_CALLS, Server, weight};

impl Server {
    /// Answers a call, in a task of its own: once integrators are asked, it is to its end.
    pub(super) async fn call(&self, parts: Parts, body: Body, started: Instant) -> Response<ReplyBody> {
        let (method, path, headers) =
            (parts.method.clone(), parts.uri.path().to_owned(), parts.headers.clone());
        let answered = match (&self.ccx, body) {
            (Some(ccx), Body::Complete(body)) => {
                let weight = weight(body.len(), MAX_CALLS);
                let permit = Arc::clone(&self.calls).acquire_many_owned(weight).await;
                let (ccx, request) = (ccx.clone(), Request::from_parts(parts, Full::new(body)));
                let task = tokio::spawn(async move {
                    let _permit = permit;
                    call(ccx, request).await
                });
                task.await.map_err(|_| ConnectError::internal("The call failed: the log says why"))
            }
            (None, _) => Err(ConnectError::unimplemented("CCX is not spoken here")),
            (_, Body::TooLarge) => Err(ConnectError::resource_exhausted(format!(
                "The request's body has more than {MAX_BODY_BYTES} bytes"
            ))),
            (_, Body::Incomplete) => {
                Err(ConnectError::invalid_argument("The request's body ended before its time"))
            }
        };
        let response = answered.unwrap_or_else(|error| error.into_http_response(&headers));
        log(&method, &path, response.status(), None, started);
        response.map(Either::Right)
    }
}

async fn call(mut ccx: Connect, request: Request<Full<bytes::Bytes>>) -> Response<ConnectRpcBody> {
    let Ok(response) = ccx.call(request).await;
    response
}
