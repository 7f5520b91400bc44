//! The running server's side.

use std::convert::Infallible;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::UnixListener;
use tokio::time::sleep;
use treble_embedded::Embedded;

use super::{MAX_REQUEST_BYTES, TARGET};

/// How long to wait when there are no more files to open a connection with.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why the socket can't be opened.
#[derive(Debug, thiserror::Error)]
#[error("can't open the socket {}", path.display())]
pub(crate) struct SocketError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// Opens the socket, in the place of one that a process left behind. That no running process has it is for the
/// caller to see to.
pub(crate) fn bind(path: &Path) -> Result<UnixListener, SocketError> {
    let bind = || {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        Ok(listener)
    };
    bind().map_err(|source| SocketError { path: path.to_owned(), source })
}

/// Answers requests; `written` is called after each that may have changed something.
pub(crate) async fn serve(
    listener: UnixListener,
    database: Embedded,
    written: impl Fn() + Clone + Send + Sync + 'static,
) {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection to the data directory's socket can't be accepted");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (database, written) = (database.clone(), written.clone());
        tokio::spawn(async move {
            let service = service_fn(|request| answer(&database, &written, request));
            if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
                tracing::debug!(%error, "a connection to the data directory's socket ended");
            }
        });
    }
}

async fn answer(
    database: &Embedded,
    written: &impl Fn(),
    request: http::Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let target = parts.headers.get(TARGET).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Ok(body) = Limited::new(body, MAX_REQUEST_BYTES).collect().await else {
        return Ok(reply(StatusCode::PAYLOAD_TOO_LARGE, Vec::new()));
    };
    let (status, body) = database.call(target, &body.to_bytes()).await;
    if !reads_only(target) {
        written();
    }
    Ok(reply(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body))
}

fn reply(status: StatusCode, body: Vec<u8>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    response
}

fn reads_only(target: &str) -> bool {
    let operation = target.rsplit('.').next().unwrap_or_default();
    ["Get", "BatchGet", "TransactGet", "Query", "Scan", "List", "Describe"]
        .iter()
        .any(|reading| operation.starts_with(reading))
}
