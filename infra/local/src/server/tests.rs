use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::oneshot;
use treble_api::auth::{CacheLimits, CachedCredentials, TableAuth};
use treble_api::request::MAX_BODY_BYTES;
use treble_api::taskcluster::denied::DeniedExchanges;
use treble_api::taskcluster::service::About;
use treble_aws::dynamodb::{DynamoAuth, DynamoFires, DynamoHooks, TableNames, create_tables};
use treble_core::fire::Engine;
use treble_core::secret::MasterKey;
use treble_embedded::{Durability, Embedded};

use super::*;
use crate::journal::Journal;

struct Running {
    port: u16,
    stop: oneshot::Sender<()>,
    finished: tokio::task::JoinHandle<bool>,
    _data: tempfile::TempDir,
}

async fn start(now: fn() -> Timestamp) -> Running {
    let data = tempfile::tempdir().unwrap();
    let client = Embedded::memory().unwrap().sdk_client();
    let names = TableNames::with_prefix("test");
    create_tables(&client, &names).await.unwrap();
    let master_key = MasterKey::new([7; 32]);
    let auth = Arc::new(DynamoAuth::new(client.clone(), &names.auth, &master_key));
    let credentials = CachedCredentials::new(auth.clone(), CacheLimits::default());
    let journal = Journal::open(&data.path().join("tasks.jsonl"), Durability::Relaxed).unwrap();
    let hooks = Arc::new(DynamoHooks::new(client.clone(), &names.hooks));
    let service = Service {
        about: About {
            root_url: "http://localhost".into(),
            version: "0",
            commit: None,
            started: Timestamp::now(),
        },
        hooks: hooks.clone(),
        bindings: hooks.clone(),
        engine: Engine {
            trace_in_tasks: false,
            gates: None,
            sink: Arc::new(journal),
            fires: Arc::new(DynamoFires::new(client, &names.fires)),
            credentials: auth,
            health: hooks,
        },
        authenticator: Arc::new(TableAuth::new(Arc::new(credentials))),
        master_key: Some(master_key),
        denied_exchanges: DeniedExchanges::default(),
        gates: None,
        now,
    };
    let (listeners, port) = listen("127.0.0.1", 0).await.unwrap();
    let (stop, stopped) = oneshot::channel();
    let running = Server::new(Arc::new(service), None).run(listeners, async {
        let _ = stopped.await;
    });
    Running { port, stop, finished: tokio::spawn(running), _data: data }
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }
}

/// One reply, by its Content-Length.
async fn reply(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read).into_owned();
        let length = |head: &str| -> Option<usize> {
            head.lines().find_map(|line| line.strip_prefix("content-length: "))?.parse().ok()
        };
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && body.len() >= length(head).unwrap_or(0)
        {
            return text;
        }
        assert_ne!(stream.read_buf(&mut read).await.unwrap(), 0, "{text}");
    }
}

async fn is_closed(stream: &mut TcpStream) -> bool {
    matches!(stream.read(&mut [0]).await, Ok(0) | Err(_))
}

const PING: &[u8] = b"GET /api/hooks/v1/ping HTTP/1.1\r\nhost: localhost\r\n\r\n";

#[tokio::test]
async fn a_panic_is_an_error_of_one_request() {
    let server = start(|| panic!("the clock stands still")).await;
    let mut stream = server.connect().await;
    for _ in 0..2 {
        stream.write_all(PING).await.unwrap();
        let reply = reply(&mut stream).await;
        assert!(reply.starts_with("HTTP/1.1 500 "), "{reply}");
        assert!(reply.contains("InternalServerError") && !reply.contains("clock"), "{reply}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_ends_the_connection() {
    let server = start(Timestamp::now).await;
    let head =
        "PUT /api/hooks/v1/hooks/g/h HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    let body = vec![b' '; MAX_BODY_BYTES + 1];

    let mut declared = server.connect().await;
    declared.write_all(format!("{head}content-length: {}\r\n\r\n", body.len()).as_bytes()).await.unwrap();
    declared.write_all(&body).await.unwrap();

    let mut chunked = server.connect().await;
    let chunk = format!("{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n", body.len());
    chunked.write_all(chunk.as_bytes()).await.unwrap();
    chunked.write_all(&body).await.unwrap();
    chunked.write_all(b"\r\n0\r\n\r\n").await.unwrap();

    // Nothing of it is sent before it is refused.
    let mut asking = server.connect().await;
    let ask = format!("{head}expect: 100-continue\r\ncontent-length: {}\r\n\r\n", body.len());
    asking.write_all(ask.as_bytes()).await.unwrap();

    for mut stream in [declared, chunked, asking] {
        let reply = reply(&mut stream).await;
        assert!(reply.starts_with("HTTP/1.1 413 ") && reply.contains("InputTooLarge"), "{reply}");
        assert!(is_closed(&mut stream).await);
    }
}

#[tokio::test]
async fn half_a_body_is_no_request() {
    let server = start(Timestamp::now).await;
    let mut stream = server.connect().await;
    let half = b"PUT /api/hooks/v1/hooks/g/h HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{";
    stream.write_all(half).await.unwrap();
    stream.shutdown().await.unwrap();
    let reply = reply(&mut stream).await;
    assert!(reply.starts_with("HTTP/1.1 400 "), "{reply}");
}

#[tokio::test]
async fn a_stop_waits_for_requests_and_not_for_idle_connections() {
    let server = start(Timestamp::now).await;
    let (mut idle, mut busy) = (server.connect().await, server.connect().await);
    idle.write_all(PING).await.unwrap();
    assert!(reply(&mut idle).await.starts_with("HTTP/1.1 200 "));
    let head = b"PUT /api/hooks/v1/hooks/g/h HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n";
    busy.write_all(head).await.unwrap();
    // From here on the request is under way.
    assert!(reply(&mut busy).await.starts_with("HTTP/1.1 100 "));

    server.stop.send(()).unwrap();
    assert!(is_closed(&mut idle).await);
    assert!(TcpStream::connect(("127.0.0.1", server.port)).await.is_err());
    busy.write_all(b"{}").await.unwrap();
    assert!(reply(&mut busy).await.starts_with("HTTP/1.1 403 "));
    assert!(server.finished.await.unwrap());
}

#[tokio::test]
async fn http2_is_spoken_to_who_begins_with_it() {
    let server = start(Timestamp::now).await;
    let io = hyper_util::rt::TokioIo::new(server.connect().await);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut requests, connection) = hyper::client::conn::http2::handshake(executor, io).await.unwrap();
    let connection = tokio::spawn(connection);
    let ping = || {
        let uri = format!("http://localhost:{}/api/hooks/v1/ping", server.port);
        let body = http_body_util::Empty::<bytes::Bytes>::new();
        http::Request::get(uri).body(body).unwrap()
    };
    // All are answered by one connection, at once.
    let replies = [requests.send_request(ping()), requests.send_request(ping())];
    for reply in replies {
        let reply = reply.await.unwrap();
        assert_eq!((reply.status().as_u16(), reply.version()), (200, http::Version::HTTP_2));
        assert!(!reply.headers().contains_key("keep-alive"));
    }
    // A stop ends it.
    server.stop.send(()).unwrap();
    connection.await.unwrap().unwrap();
    assert!(server.finished.await.unwrap());
}

#[tokio::test]
async fn a_stop_does_not_wait_for_who_says_nothing() {
    let server = start(Timestamp::now).await;
    let mut silent = server.connect().await;
    server.stop.send(()).unwrap();
    assert!(is_closed(&mut silent).await);
    assert!(server.finished.await.unwrap());
}

#[test]
fn large_bodies_weigh_more() {
    let cases = [(0, 1), (BYTES_A_REQUEST - 1, 1), (BYTES_A_REQUEST, 2), (MAX_BODY_BYTES, MAX_REQUESTS)];
    for (bytes, expected) in cases {
        assert_eq!(weight(bytes, MAX_REQUESTS), expected, "{bytes}");
    }
}
