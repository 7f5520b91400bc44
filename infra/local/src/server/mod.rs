//! HTTP for the dialects: connections in, whole requests to the service, whole responses out.
//!
//! What a client can hold on to is bounded: connections, the time a request may take to arrive, its
//! headers and its body. A request that arrived is answered to its end even when its client went away,
//! so that a firing never stops between the sink and its record.
//!
//! - `listen` finds addresses; `connection` speaks HTTP/1 and, where a client begins with it, HTTP/2, and `silence` ends what is
//!   idle.
//! - `body` reads what is sent, `compression` makes replies smaller.
//! - `rpc` answers calls of CCX.

mod body;
mod compression;
mod connection;
mod listen;
mod rpc;
mod silence;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use treble_api::ccx::Connect;
use treble_api::taskcluster::service::Service;

pub(crate) use listen::listen;

/// Connections at once; below the 1,024 open files that a process is usually allowed.
const MAX_CONNECTIONS: usize = 512;

/// Requests being answered at once, by their weight.
const MAX_REQUESTS: u32 = 64;

/// Calls of CCX being answered at once, by their weight. They are more than others, and counted for themselves, as each waits
/// for integrators, who may take their time.
const MAX_CALLS: u32 = 256;

/// As many bytes of a body weigh as much as a request: parsed, JSON takes up to forty times its length in
/// memory, so that a body of the largest size is answered alone.
const BYTES_A_REQUEST: usize = 64 * 1024;

/// How long requests may take to finish when the server is asked to stop.
const GRACE: Duration = Duration::from_secs(10);

/// How long to wait when there are no more files to open a connection with.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What the connections share.
#[derive(Clone)]
pub(crate) struct Server {
    service: Arc<Service>,
    cds: Option<Arc<treble_api::cds::Service>>,
    ccx: Option<Connect>,
    connections: Arc<Semaphore>,
    requests: Arc<Semaphore>,
    calls: Arc<Semaphore>,
}

/// How much of what there is room for a request with a body of so many bytes takes.
fn weight(bytes: usize, room: u32) -> u32 {
    u32::try_from(bytes / BYTES_A_REQUEST + 1).unwrap_or(room).min(room)
}

impl Server {
    /// A server of every route of the service, and of CDS's dialect, where it is spoken.
    pub(crate) fn new(service: Arc<Service>, cds: Option<Arc<treble_api::cds::Service>>) -> Self {
        Self {
            service,
            cds,
            ccx: None,
            connections: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
            requests: Arc::new(Semaphore::new(MAX_REQUESTS as usize)),
            calls: Arc::new(Semaphore::new(MAX_CALLS as usize)),
        }
    }

    /// The same with CCX's dialect.
    #[must_use]
    pub(crate) fn with_ccx(self, ccx: Connect) -> Self {
        Self { ccx: Some(ccx), ..self }
    }

    /// Serves until `stop`, then finishes what is under way. False if that took too long.
    pub(crate) async fn run(self, listeners: Vec<TcpListener>, stop: impl Future<Output = ()>) -> bool {
        let graceful = GracefulShutdown::new();
        let (accepted, mut connections) = mpsc::channel(1);
        let mut accepting = JoinSet::new();
        for listener in listeners {
            accepting.spawn(accept(listener, Arc::clone(&self.connections), accepted.clone()));
        }
        let mut stop = pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                Some((stream, permit)) = connections.recv() => {
                    tokio::spawn(connection::serve(self.clone(), stream, permit, graceful.watcher()));
                }
            }
        }
        accepting.shutdown().await;
        let finish = async {
            graceful.shutdown().await;
            // Those whose clients went away are not bound to a connection.
            let _ = self.requests.acquire_many(MAX_REQUESTS).await;
            let _ = self.calls.acquire_many(MAX_CALLS).await;
        };
        timeout(GRACE, finish).await.is_ok()
    }
}

/// Accepts connections, as many as there are permits.
async fn accept(
    listener: TcpListener,
    permits: Arc<Semaphore>,
    accepted: mpsc::Sender<(TcpStream, OwnedSemaphorePermit)>,
) {
    while let Ok(permit) = Arc::clone(&permits).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                if accepted.send((stream, permit)).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a connection can't be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

#[cfg(test)]
mod tests;
