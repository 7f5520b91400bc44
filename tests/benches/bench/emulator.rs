//! DynamoDB, SQS and Secrets Manager in this process: their CPU time is not the subject's.
//!
//! They count the calls of each operation, and remember the last, so that the [`floor`](crate::floor) can make just the
//! calls that the service makes.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{CertifiedKey, KeyPair};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{self, ServerConfig};
use treble_embedded::Embedded;

/// How many calls of each operation there were.
pub(crate) type Calls = BTreeMap<String, u32>;

/// A running emulator. A clone is the same one.
#[derive(Clone)]
pub(crate) struct Emulator {
    database: Embedded,
    last: Arc<Mutex<BTreeMap<String, Bytes>>>,
    calls: Arc<Mutex<Calls>>,
    /// The one secret that there is.
    secret: Arc<Mutex<Value>>,
}

impl Emulator {
    pub(crate) fn new() -> Emulator {
        Emulator {
            database: Embedded::memory().unwrap(),
            last: Arc::default(),
            calls: Arc::default(),
            secret: Arc::default(),
        }
    }

    /// Listens on a free port of this machine.
    pub(crate) async fn listen(&self) -> SocketAddr {
        self.listen_by(|stream| async { Ok(stream) }).await
    }

    /// The same with TLS.
    pub(crate) async fn listen_with_tls(&self, certified: &CertifiedKey<KeyPair>) -> SocketAddr {
        let key = PrivateKeyDer::Pkcs8(certified.signing_key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let chain = vec![certified.cert.der().clone()];
        let config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        self.listen_by(move |stream| acceptor.accept(stream)).await
    }

    async fn listen_by<S, F>(&self, accept: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        F: Future<Output = std::io::Result<S>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let emulator = self.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let (emulator, accepting) = (emulator.clone(), accept(stream));
                tokio::spawn(async move { emulator.serve(accepting.await.unwrap()).await });
            }
        });
        address
    }

    /// Answers on one connection until it ends.
    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let answer = service_fn(|request| async { Ok::<_, Infallible>(self.answer(request).await) });
        // A subject that stops breaks its connections off.
        let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let target = parts.headers["x-amz-target"].to_str().unwrap();
        let body = body.collect().await.unwrap().to_bytes();
        let operation = target.rsplit('.').next().unwrap();
        *self.calls.lock().unwrap().entry(operation.to_owned()).or_default() += 1;
        // Clients are read now and then, whatever the operation.
        if !body.windows(6).any(|bytes| bytes == b"-auth\"") {
            self.last.lock().unwrap().insert(operation.to_owned(), body.clone());
        }
        let (status, reply) = match target {
            "AmazonSQS.SendMessage" => (200, taken()),
            "AmazonSQS.SendMessageBatch" => (200, self.all_taken(&body)),
            // Streams, which nobody reads here, make writes to the embedded database slower and slower.
            "DynamoDB_20120810.UpdateTable" => (200, b"{}".to_vec()),
            // Whatever else is asked of SQS: the queue is there.
            _ if target.starts_with("AmazonSQS.") => (200, b"{}".to_vec()),
            "secretsmanager.CreateSecret" => {
                *self.secret.lock().unwrap() = serde_json::from_slice(&body).unwrap();
                (200, b"{}".to_vec())
            }
            "secretsmanager.GetSecretValue" => (200, self.secret.lock().unwrap().to_string().into_bytes()),
            _ => self.database.call(target, &body).await,
        };
        let response =
            Response::builder().status(status).header("content-type", "application/x-amz-json-1.0");
        response.body(Full::from(reply)).unwrap()
    }

    /// What SQS says to a batch of messages; they are counted as `messages`.
    fn all_taken(&self, request: &[u8]) -> Vec<u8> {
        let request: Value = serde_json::from_slice(request).unwrap();
        let entries = request["Entries"].as_array().unwrap();
        *self.calls.lock().unwrap().entry("messages".to_owned()).or_default() +=
            u32::try_from(entries.len()).unwrap();
        let taken = |entry: &Value| json!({"Id": entry["Id"], "MessageId": uuid::Uuid::new_v4().to_string()});
        let taken: Vec<Value> = entries.iter().map(taken).collect();
        json!({"Successful": taken, "Failed": []}).to_string().into_bytes()
    }

    /// Makes a call of DynamoDB, in this process; it counts for nothing.
    pub(crate) fn call(&self, operation: &str, request: &Value) -> Value {
        let target = format!("DynamoDB_20120810.{operation}");
        let (status, reply) = self.database.dispatch(&target, &serde_json::to_vec(request).unwrap());
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&reply));
        serde_json::from_slice(&reply).unwrap()
    }

    /// The calls since the last time that this was asked.
    pub(crate) fn take_calls(&self) -> Calls {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    /// The last call of an operation.
    pub(crate) fn last(&self, operation: &str) -> Value {
        serde_json::from_slice(&self.last.lock().unwrap()[operation]).unwrap()
    }
}

/// What SQS says to a message. Without its digest, which the SDK doesn't look at.
fn taken() -> Vec<u8> {
    json!({"MessageId": uuid::Uuid::new_v4().to_string()}).to_string().into_bytes()
}
