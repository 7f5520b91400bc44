//! One connection: its limits, and each of its requests.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use connectrpc::ConnectRpcBody;
use http::header::{ACCEPT_ENCODING, CONNECTION, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Version};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::Watcher;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use treble_api::request::{Body, Request};
use treble_api::taskcluster::response;

use super::silence::Silence;
use super::{MAX_REQUESTS, Server, body, compression, weight};

/// How long a connection may be silent between requests, and how long the headers of one may take: hyper
/// counts both by one clock.
const KEEP_ALIVE: Duration = Duration::from_secs(90);
const KEEP_ALIVE_HEADER: HeaderValue = HeaderValue::from_static("timeout=90");

/// The most that is read ahead, in bytes, and thus about what the headers may have together, up to twice as much;
/// beyond it, or beyond 100 headers, the answer is 431.
const MAX_HEADER_BYTES: usize = 64 * 1024;

/// Requests of one connection at once, where it is one of HTTP/2.
const MAX_STREAMS: u32 = 32;

/// A reply's body: one piece, or that of a call, which may have trailers.
pub(super) type ReplyBody = Either<Full<Bytes>, ConnectRpcBody>;

/// Serves the requests of a connection: in HTTP/1 one after the other; in HTTP/2, if the client begins with its preface.
pub(super) async fn serve(
    server: Server,
    stream: TcpStream,
    _permit: OwnedSemaphorePermit,
    watcher: Watcher,
) {
    // Replies are written whole: there is nothing to wait for. A refusal is not worth a word.
    let _ = stream.set_nodelay(true);
    let server = Arc::new(server);
    let silence = Silence::new(KEEP_ALIVE);
    let builder = builder();
    let connection = builder.serve_connection(
        TokioIo::new(stream),
        service_fn(|request: http::Request<Incoming>| {
            let (server, under_way) = (Arc::clone(&server), silence.broken(request.version()));
            async move {
                let response = server.answer(request).await;
                drop(under_way);
                Ok::<_, Infallible>(response)
            }
        }),
    );
    tokio::select! {
        ended = watcher.watch(connection) => if let Err(error) = ended {
            tracing::debug!(error, "a connection ended");
        },
        () = silence.too_long() => tracing::debug!("a connection was silent for too long"),
    }
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(KEEP_ALIVE).max_buf_size(MAX_HEADER_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(MAX_HEADER_BYTES as u32)
        .max_concurrent_streams(MAX_STREAMS)
        // Who went away without a word is noticed.
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE);
    builder
}

impl Server {
    async fn answer(&self, request: http::Request<Incoming>) -> Response<ReplyBody> {
        let started = Instant::now();
        let (mut parts, incoming) = request.into_parts();
        let body = body::read(&parts.headers, incoming).await;
        if parts.version == Version::HTTP_2 {
            name_host(&mut parts);
        }
        let complete = matches!(body, Body::Complete(_));
        let one_at_a_time = parts.version != Version::HTTP_2;
        let is_call = self.ccx.is_some() && treble_api::ccx::is_path(parts.uri.path());

        let mut response = if is_call {
            self.call(parts, body, started).await
        } else {
            let request = Arc::new(Request { parts, delivered: None, body, trace: None });
            let response = self.respond(Arc::clone(&request)).await;
            let (method, path) = (&request.parts.method, request.parts.uri.path());
            let length = if *method == Method::HEAD { 0 } else { response.body().len() };
            log(method, path, response.status(), Some(length), started);
            response.map(|body| Either::Left(Full::new(body)))
        };
        if one_at_a_time {
            keep_alive(response.headers_mut(), complete);
        }
        response
    }

    /// Answers in a task of its own, which neither a client's going away nor a panic carries any further.
    async fn respond(&self, request: Arc<Request>) -> Response<Bytes> {
        let weight = match &request.body {
            Body::Complete(body) => weight(body.len(), MAX_REQUESTS),
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

/// Says whether the connection can be used again. In HTTP/2 it always can.
fn keep_alive(headers: &mut HeaderMap, complete: bool) {
    let (name, value) = if complete {
        (HeaderName::from_static("keep-alive"), KEEP_ALIVE_HEADER)
    } else {
        (CONNECTION, HeaderValue::from_static("close"))
    };
    headers.insert(name, value);
}

/// In HTTP/2 the host is part of the URL; whoever checks signatures looks for it where HTTP/1 has it.
fn name_host(parts: &mut http::request::Parts) {
    if let Some(authority) = parts.uri.authority()
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        parts.headers.entry(HOST).or_insert(host);
    }
}

pub(super) fn log(method: &Method, path: &str, status: StatusCode, length: Option<usize>, started: Instant) {
    let (path, status) = (loggable(path), status.as_u16());
    let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
    let length = length.map(|length| format!(" {length} B")).unwrap_or_default();
    tracing::info!("{method} {path} {status}{length} {milliseconds:.1} ms");
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
