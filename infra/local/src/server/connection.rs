//! One connection: its limits, and each of its requests.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONNECTION};
use http::{HeaderName, HeaderValue, Method, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::Watcher;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use treble_api::request::{Body, Request};
use treble_api::taskcluster::response;

use super::{Server, body, compression, weight};

/// How long a connection may be silent between requests, and how long the headers of one may take: hyper
/// counts both by one clock.
const KEEP_ALIVE: Duration = Duration::from_secs(90);
const KEEP_ALIVE_HEADER: HeaderValue = HeaderValue::from_static("timeout=90");

/// The most that is read ahead, in bytes, and thus about what the headers may have together, up to twice as much;
/// beyond it, or beyond 100 headers, the answer is 431.
const MAX_HEADER_BYTES: usize = 64 * 1024;

/// Serves the requests of a connection, one after the other.
pub(super) async fn serve(
    server: Server,
    stream: TcpStream,
    _permit: OwnedSemaphorePermit,
    watcher: Watcher,
) {
    // Replies are written whole: there is nothing to wait for. A refusal is not worth a word.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(KEEP_ALIVE)
        .max_buf_size(MAX_HEADER_BYTES)
        .serve_connection(
            TokioIo::new(stream),
            service_fn(|request| async { Ok::<_, Infallible>(server.answer(request).await) }),
        );
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended");
    }
}

impl Server {
    async fn answer(&self, request: http::Request<Incoming>) -> Response<Full<Bytes>> {
        let started = Instant::now();
        let (parts, incoming) = request.into_parts();
        let body = body::read(&parts.headers, incoming).await;
        let complete = matches!(body, Body::Complete(_));
        let request = Arc::new(Request { parts, delivered: None, body, trace: None });

        let mut response = self.respond(Arc::clone(&request)).await;
        let (name, value) = if complete {
            (HeaderName::from_static("keep-alive"), KEEP_ALIVE_HEADER)
        } else {
            (CONNECTION, HeaderValue::from_static("close"))
        };
        response.headers_mut().insert(name, value);
        log(&request, &response, started);
        response.map(Full::new)
    }

    /// Answers in a task of its own, which neither a client's going away nor a panic carries any further.
    async fn respond(&self, request: Arc<Request>) -> Response<Bytes> {
        let weight = match &request.body {
            Body::Complete(body) => weight(body.len()),
            Body::TooLarge | Body::Incomplete => 1,
        };
        let permit = Arc::clone(&self.requests).acquire_many_owned(weight).await;
        let (service, task_request) = (Arc::clone(&self.service), Arc::clone(&request));
        let cds = self.cds.clone().filter(|_| treble_api::cds::is_path(request.parts.uri.path()));
        let task = tokio::spawn(async move {
            let _permit = permit;
            let response = match cds {
                Some(cds) => cds.respond(treble_api::cds::ROUTES, &task_request).await,
                None => service.respond_to_all(&task_request).await,
            };
            let accepted = task_request.parts.headers.get(ACCEPT_ENCODING);
            compression::compress(accepted, response)
        });
        task.await.unwrap_or_else(|_| response::panicked(&request))
    }
}

fn log(request: &Request, response: &Response<Bytes>, started: Instant) {
    let (method, path) = (&request.parts.method, loggable(request.parts.uri.path()));
    let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
    let length = if *method == Method::HEAD { 0 } else { response.body().len() };
    tracing::info!("{method} {path} {} {length} B {milliseconds:.1} ms", response.status().as_u16());
}

/// A path without the token that is a credential; a query, where a signed URL has its, is not part of it.
fn loggable(path: &str) -> String {
    match path.find("/trigger/") {
        Some(at) => format!("{}/trigger/…", &path[..at]),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::loggable;

    #[test]
    fn tokens_are_not_logged() {
        assert_eq!(loggable("/api/hooks/v1/hooks/g/h/trigger/abc"), "/api/hooks/v1/hooks/g/h/trigger/…");
        assert_eq!(loggable("/api/hooks/v1/hooks/g/h/trigger"), "/api/hooks/v1/hooks/g/h/trigger");
    }
}
