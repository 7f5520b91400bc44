//! The service as a server of HTTP calls it.

use std::convert::Infallible;
use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use connectrpc::http_body::Body;
use connectrpc::{ConnectRpcBody, ConnectRpcService, Limits};
use futures_util::FutureExt as _;
use treble_proto::treble::ccx::v1::HookServiceServer;

use super::{Service, error};
use crate::request::MAX_BODY_BYTES;

/// The service over HTTP: a tower service, which speaks Connect, gRPC (where the server has HTTP/2) and gRPC-Web. Never fails:
/// what goes wrong, a panic too, is answered in the shape of the request's protocol.
#[derive(Clone)]
pub struct Connect {
    service: Arc<Service>,
    calls: ConnectRpcService<HookServiceServer<Service>>,
}

impl Connect {
    pub(super) fn new(service: Arc<Service>) -> Self {
        let limits = Limits::default()
            .with_max_request_body_size(MAX_BODY_BYTES)
            .with_max_message_size(MAX_BODY_BYTES);
        let calls = HookServiceServer::from_arc(Arc::clone(&service));
        Self { service, calls: ConnectRpcService::new(calls).with_limits(limits) }
    }

    /// What leads to the calls.
    pub(super) fn calls(&self) -> &HookServiceServer<Service> {
        self.calls.dispatcher()
    }
}

impl<B> tower_service::Service<http::Request<B>> for Connect
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Error + Send + Sync + 'static,
{
    type Response = http::Response<ConnectRpcBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let headers = request.headers().clone();
        if let Err(error) = self.service.authenticate(&headers) {
            return Box::pin(async move { Ok(error.into_http_response(&headers)) });
        }
        let answering = AssertUnwindSafe(self.calls.call(request)).catch_unwind();
        Box::pin(async move {
            answering.await.unwrap_or_else(|_| Ok(error::panicked().into_http_response(&headers)))
        })
    }
}
