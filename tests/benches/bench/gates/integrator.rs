//! An integrator that answers at once.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What it says to everything.
const ANSWER: &[u8] = br#"{"approved": true, "work_id": "w"}"#;

/// One that runs, as long as the program does.
pub(super) struct Integrator {
    address: SocketAddr,
    count: watch::Receiver<usize>,
}

impl Integrator {
    /// Listens on a free port of this machine.
    pub(super) async fn start() -> Integrator {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (counter, count) = watch::channel(0);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let counter = counter.clone();
                tokio::spawn(async move {
                    let answer = service_fn(|request| answer(request, &counter));
                    // A server that is stopped breaks its connections off.
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
                });
            }
        });
        Integrator { address, count }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many requests came so far.
    pub(super) fn count(&self) -> usize {
        *self.count.borrow()
    }

    /// Waits until so many came.
    pub(super) async fn has(&self, count: usize) {
        self.count.clone().wait_for(|came| *came >= count).await.unwrap();
    }
}

async fn answer(
    request: Request<Incoming>,
    counter: &watch::Sender<usize>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    request.into_body().collect().await.unwrap();
    counter.send_modify(|count| *count += 1);
    Ok(Response::new(Full::new(Bytes::from_static(ANSWER))))
}
