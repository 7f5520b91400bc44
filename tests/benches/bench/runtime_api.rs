//! Lambda's Runtime API, as far as a function needs it: the next event, and its reply.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, Semaphore, mpsc, oneshot};

/// How long a function has for an event: the longest that Lambda gives one.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// What a function asks for its events. A clone is the same.
#[derive(Clone)]
pub(crate) struct RuntimeApi {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    sender: mpsc::Sender<Invocation>,
    events: Mutex<mpsc::Receiver<Invocation>>,
    replies: Mutex<HashMap<String, oneshot::Sender<Bytes>>>,
    /// One for each time that the function asked.
    polls: Semaphore,
}

struct Invocation {
    event: Bytes,
    reply: oneshot::Sender<Bytes>,
}

impl RuntimeApi {
    /// Listens on a free port of this machine.
    pub(crate) async fn listen() -> RuntimeApi {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, events) = mpsc::channel(1);
        let (replies, polls) = (Mutex::default(), Semaphore::new(0));
        let shared = Arc::new(Shared { sender, events: Mutex::new(events), replies, polls });
        let api = RuntimeApi { address, shared };
        let server = api.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let server = server.clone();
                tokio::spawn(async move {
                    let answer =
                        service_fn(|request| async { Ok::<_, Infallible>(server.answer(request).await) });
                    // A function that is stopped breaks its connection off.
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
                });
            }
        });
        api
    }

    /// Waits until the function asks for an event, once more than it was waited for.
    pub(crate) async fn polled(&self) {
        self.shared.polls.acquire().await.unwrap().forget();
    }

    /// Hands over an event, and gives the function's reply.
    pub(crate) async fn invoke(&self, event: Bytes) -> Bytes {
        let (reply, replied) = oneshot::channel();
        assert!(self.shared.sender.send(Invocation { event, reply }).await.is_ok());
        replied.await.unwrap()
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        if *request.method() == Method::GET && path.ends_with("/runtime/invocation/next") {
            return self.next().await;
        }
        let body = request.into_body().collect().await.unwrap().to_bytes();
        match path.rsplit('/').collect::<Vec<_>>()[..] {
            ["response", id, "invocation", ..] => {
                let reply = self.shared.replies.lock().await.remove(id).unwrap();
                let _ = reply.send(body);
            }
            // A panic would only end this connection, and who waits for the reply would wait for good.
            _ => {
                eprintln!("the function failed: {path} {}", String::from_utf8_lossy(&body));
                std::process::exit(1)
            }
        }
        Response::builder().status(StatusCode::ACCEPTED).body(Full::default()).unwrap()
    }

    async fn next(&self) -> Response<Full<Bytes>> {
        self.shared.polls.add_permits(1);
        // Of a function that is stopped while it waits, nobody takes the next one's event: each has its own API.
        let Invocation { event, reply } = self.shared.events.lock().await.recv().await.unwrap();
        let id = uuid::Uuid::new_v4().to_string();
        self.shared.replies.lock().await.insert(id.clone(), reply);
        let deadline = (SystemTime::now() + PATIENCE).duration_since(UNIX_EPOCH).unwrap();
        Response::builder()
            .header("content-type", "application/json")
            .header("lambda-runtime-aws-request-id", id)
            .header("lambda-runtime-deadline-ms", deadline.as_millis().to_string())
            .header(
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:eu-central-1:123456789012:function:bench",
            )
            .header(
                "lambda-runtime-trace-id",
                "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
            )
            .body(Full::from(event))
            .unwrap()
    }
}
