use std::collections::{BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Mutex;

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDnsError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName};
use jiff::{SignedDuration, Timestamp};
use standardwebhooks::Webhook;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use treble_core::gate::{Event, FailurePolicy, Integrator, SigningSecret};

use super::*;
use crate::http::one_shot::{Then, server};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// The machine itself as well, and told apart.
const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(93, 184, 215, 14));

/// Longer than anything here takes.
const AMPLE: Duration = Duration::from_secs(30);
/// Shorter than what never comes.
const SHORT: Duration = Duration::from_millis(50);

fn secret(bytes: u8, expires: Option<Timestamp>) -> SigningSecret {
    let secret = format!("whsec_{}", STANDARD.encode([bytes; 32]));
    SigningSecret { secret, created: Timestamp::UNIX_EPOCH, expires }
}

fn integrator(url: &str) -> Integrator {
    Integrator {
        name: "acme".parse().unwrap(),
        url: url.to_owned(),
        events: BTreeSet::from([Event::PreAddNode]),
        timeout: AMPLE,
        failure_policy: FailurePolicy::Reject,
        owner: None,
        secrets: vec![secret(1, None)],
        created: Timestamp::UNIX_EPOCH,
        updated: Timestamp::UNIX_EPOCH,
    }
}

async fn post(client: &HttpIntegrators, integrator: &Integrator) -> Result<GateReply, Unanswered> {
    let now = Timestamp::now();
    let request = GateRequest { integrator, path: "pre-add-node", id: "msg_1", now, body: r#"{"a":"é"}"# };
    client.post(request).await
}

/// One for this machine.
fn local() -> HttpIntegrators {
    HttpIntegrators::new(AddressRules::Local)
}

async fn reason(client: &HttpIntegrators, integrator: &Integrator) -> String {
    post(client, integrator).await.unwrap_err().to_string()
}

/// A resolver that says one thing after the other.
#[derive(Debug)]
struct Answers(Mutex<VecDeque<Vec<IpAddr>>>);

impl Answers {
    fn new(answers: impl IntoIterator<Item = Vec<IpAddr>>) -> Self {
        Self(Mutex::new(answers.into_iter().collect()))
    }
}

impl ResolveDns for Answers {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        let answer = self.0.lock().unwrap().pop_front();
        DnsFuture::ready(answer.ok_or_else(|| ResolveDnsError::new(format!("no answer for {name}"))))
    }
}

/// A port that something listens at, on both addresses of this machine.
async fn listeners() -> (TcpListener, TcpListener, u16) {
    loop {
        let one = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
        let port = one.local_addr().unwrap().port();
        // Another test may have it there.
        if let Ok(other) = TcpListener::bind((OTHER, port)).await {
            return (one, other, port);
        }
    }
}

/// Answers one request and closes the connection.
fn answer_once(listener: TcpListener) -> JoinHandle<TcpListener> {
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        read_request(&mut socket).await;
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
        socket.write_all(answer.as_bytes()).await.unwrap();
        listener
    })
}

/// Reads a request, whose body is known here.
async fn read_request(socket: &mut TcpStream) -> String {
    let mut request = Vec::new();
    while !request.ends_with("\"é\"}".as_bytes()) {
        assert_ne!(socket.read_buf(&mut request).await.unwrap(), 0, "a whole request");
    }
    String::from_utf8(request).unwrap()
}

/// Fails, if anybody has connected to it, or does so before the next one does: this.
async fn is_alone_at(listener: TcpListener) {
    let own = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (_, first) = listener.accept().await.unwrap();
    assert_eq!(first, own.local_addr().unwrap(), "somebody connected");
}

fn headers(request: &str) -> (HeaderMap, &str) {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())
    };
    (head.lines().skip(1).map(header).collect(), body)
}

#[tokio::test]
async fn a_request_is_signed_by_each_secret_that_is_good() {
    let (origin, serving) = server(OK, Then::Close).await;
    let mut acme = integrator(&format!("{origin}/hooks"));
    let now = Timestamp::now();
    let later = Some(now + SignedDuration::from_hours(1));
    acme.secrets = vec![secret(1, None), secret(2, later), secret(3, Some(now))];
    let reply = post(&local(), &acme).await.unwrap();
    assert_eq!(reply, GateReply { status: 200, retry_after: None, body: Some(b"{}".to_vec()) });

    let request = serving.await.unwrap();
    assert!(request.starts_with("POST /hooks/pre-add-node HTTP/1.1\r\n"), "{request}");
    let (headers, body) = headers(&request);
    assert_eq!(body, r#"{"a":"é"}"#);
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["webhook-id"], "msg_1");
    assert_eq!(headers["user-agent"], concat!("treble/", env!("CARGO_PKG_VERSION")));
    for (bytes, verifies) in [(1, true), (2, true), (3, false), (4, false)] {
        let webhook = Webhook::new(&secret(bytes, None).secret).unwrap();
        assert_eq!(webhook.verify(body.as_bytes(), &headers).is_ok(), verifies, "secret {bytes}");
        assert!(webhook.verify(br#"{"a":"e"}"#, &headers).is_err(), "another body");
    }
    assert_eq!(headers["webhook-signature"].to_str().unwrap().split(' ').count(), 2);
}

#[tokio::test]
async fn nothing_is_sent_that_no_secret_signs() {
    let listener = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    for (secrets, expected) in [
        (vec![], "it has no secret that requests could be signed with"),
        (vec![secret(1, Some(Timestamp::UNIX_EPOCH))], "it has no secret that requests could be signed with"),
        (
            vec![SigningSecret { secret: "whsec_s3cret!".into(), ..secret(1, None) }],
            "can't be signed with one of",
        ),
    ] {
        let error = post(&local(), &Integrator { secrets, ..integrator(&url) }).await.unwrap_err();
        assert!(
            error.to_string().contains(expected) && !format!("{error:?}").contains("s3cret"),
            "{error:?}"
        );
    }
    is_alone_at(listener).await;
}

#[tokio::test]
async fn a_name_that_changes_its_address_leads_nowhere_inside() {
    let (outside, inside, port) = listeners().await;
    // What is allowed has to answer here, where all is loopback.
    let forbidden = |address| (address == OTHER).then_some("a loopback address");
    let answers = Answers::new([vec![LOOPBACK], vec![OTHER], vec![LOOPBACK, OTHER]]);
    let client = HttpIntegrators::over(AddressRules::Local, Checked::new(answers, forbidden));
    let acme = integrator(&format!("http://hooks.example.com:{port}"));

    let answering = answer_once(outside);
    assert_eq!(post(&client, &acme).await.unwrap().status, 200);
    let outside = answering.await.unwrap();
    let refused = "hooks.example.com is a loopback address, where integrators can't be";
    assert_eq!(reason(&client, &acme).await, refused);
    assert_eq!(reason(&client, &acme).await, refused, "nor does one that is outside as well");
    is_alone_at(inside).await;
    is_alone_at(outside).await;
}

#[tokio::test]
async fn public_means_that_no_name_and_no_address_leads_inside() {
    let listener = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let private = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
    let answers = Answers::new([vec![LOOPBACK], vec![PUBLIC, LOOPBACK], vec![private, PUBLIC]]);
    let client = HttpIntegrators::with_resolver(AddressRules::Public, answers);
    for _ in 0..3 {
        let reason = reason(&client, &integrator(&format!("http://hooks.example.com:{port}"))).await;
        assert!(
            reason.starts_with("hooks.example.com is ") && reason.ends_with(" integrators can't be"),
            "{reason}"
        );
    }
    // These reach no resolver.
    for host in ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254"] {
        let reason = reason(&client, &integrator(&format!("http://{host}:{port}"))).await;
        assert!(reason.ends_with(", where integrators can't be"), "{host}: {reason}");
    }
    // The system's resolver takes these for addresses, which are checked then.
    let system = HttpIntegrators::new(AddressRules::Public);
    for host in ["localhost", "2130706433", "0x7f.1", "127.1"] {
        let reason = reason(&system, &integrator(&format!("http://{host}:{port}"))).await;
        assert!(!reason.contains("127.0.0.1"), "{host}: {reason}");
    }
    is_alone_at(listener).await;
}

#[tokio::test]
async fn a_connection_is_kept_for_its_own_name_only() {
    let listener = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    // Tells which connection it was, by the client's port, and which host it was asked for.
    let serving = tokio::spawn(async move {
        loop {
            let (mut socket, peer) = listener.accept().await.unwrap();
            tokio::spawn(async move { while answer_with_peer(&mut socket, peer).await.is_some() {} });
        }
    });
    let client = HttpIntegrators::with_resolver(AddressRules::Local, Answers::new(vec![vec![LOOPBACK]; 2]));
    let mut seen = Vec::new();
    for host in ["one.example.com", "one.example.com", "two.example.com"] {
        let reply = post(&client, &integrator(&format!("http://{host}:{port}"))).await.unwrap();
        let told = String::from_utf8(reply.body.unwrap()).unwrap();
        let (peer, asked) = told.split_once(' ').unwrap();
        assert_eq!(asked, format!("{host}:{port}"));
        seen.push(peer.to_owned());
    }
    assert_eq!(seen[0], seen[1], "it was kept");
    assert_ne!(seen[1], seen[2], "and used for no other name");
    serving.abort();
}

async fn answer_with_peer(socket: &mut TcpStream, peer: SocketAddr) -> Option<()> {
    let mut request = Vec::new();
    while !request.ends_with("\"é\"}".as_bytes()) {
        if socket.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
    }
    let request = String::from_utf8(request).unwrap();
    let body = format!("{peer} {}", headers(&request).0["host"].to_str().unwrap());
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    socket.write_all(answer.as_bytes()).await.ok()
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let elsewhere = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
    let target = elsewhere.local_addr().unwrap();
    for status in [301, 302, 303, 307, 308] {
        let answer =
            format!("HTTP/1.1 {status} Go\r\nlocation: http://{target}/\r\ncontent-length: 0\r\n\r\n");
        let (origin, _serving) = server(answer, Then::Close).await;
        assert_eq!(post(&local(), &integrator(&origin)).await.unwrap().status, status);
    }
    is_alone_at(elsewhere).await;
}

#[tokio::test]
async fn of_a_long_answer_there_is_no_body() {
    let answer =
        |length: usize| format!("HTTP/1.1 500 No\r\ncontent-length: {length}\r\n\r\n{}", "x".repeat(length));
    for (length, is_read) in [(MAX_REPLY_BYTES, true), (MAX_REPLY_BYTES + 1, false)] {
        let (origin, _serving) = server(answer(length), Then::Close).await;
        let reply = post(&local(), &integrator(&origin)).await.unwrap();
        assert_eq!((reply.status, reply.body.map(|body| body.len())), (500, is_read.then_some(length)));
    }
    // One without end is left while it is sent.
    let (origin, serving) = server("HTTP/1.1 200 OK\r\n\r\n", Then::Repeat(&[b'x'; 65_536])).await;
    assert_eq!(post(&local(), &integrator(&origin)).await.unwrap().body, None);
    serving.await.unwrap();
}

#[tokio::test]
async fn when_to_come_again_is_told() {
    let date = jiff::fmt::rfc2822::to_string(
        &(Timestamp::now() + SignedDuration::from_hours(1)).to_zoned(jiff::tz::TimeZone::UTC),
    );
    let date = date.unwrap().replace("+0000", "GMT");
    for (value, range) in
        [("120", 120..=120), (&*date, 3500..=3600), ("Fri, 27 Nov 2020 14:00:00 GMT", 0..=0)]
    {
        let answer = format!("HTTP/1.1 429 No\r\nretry-after: {value}\r\ncontent-length: 0\r\n\r\n");
        let (origin, _serving) = server(answer, Then::Close).await;
        let reply = post(&local(), &integrator(&origin)).await.unwrap();
        let told = reply.retry_after.unwrap().as_secs();
        assert!(reply.status == 429 && range.contains(&told), "{value}: {told}");
    }
}

#[tokio::test]
async fn who_takes_too_long_is_given_up() {
    for begun in ["", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort"] {
        let (origin, serving) = server(begun, Then::Hang).await;
        let acme = Integrator { timeout: SHORT, ..integrator(&origin) };
        assert_eq!(reason(&local(), &acme).await, "there was no answer within 50ms");
        serving.abort();
    }
}

#[tokio::test]
async fn failures_are_told_without_addresses() {
    let nobody = TcpListener::bind((LOOPBACK, 0)).await.unwrap().local_addr().unwrap();
    assert_eq!(
        reason(&local(), &integrator(&format!("http://{nobody}"))).await,
        "the connection was refused"
    );
    let (origin, _serving) = server("", Then::Close).await;
    let told = reason(&local(), &integrator(&origin)).await;
    assert_eq!(told, "the connection failed: connection closed before message completed");
    let (origin, _serving) = server("HTTP/1.1 2000 OK\r\n\r\n", Then::Close).await;
    let told = reason(&local(), &integrator(&origin)).await;
    assert_eq!(told, "the connection failed: invalid HTTP status-code parsed");

    let client = HttpIntegrators::with_resolver(AddressRules::Local, Answers::new([]));
    let told = reason(&client, &integrator("http://hooks.example.com")).await;
    assert_eq!(told, "its name can't be resolved");
}

#[tokio::test]
async fn a_server_without_tls_is_told() {
    let listener = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let answering = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        socket
    });
    let told = reason(&local(), &integrator(&format!("https://{address}"))).await;
    assert!(told.starts_with("the connection failed: ") && !told.contains("127.0.0.1"), "{told}");
    answering.await.unwrap();
}

/// Time stands still until nothing else is left to wait for.
#[tokio::test(start_paused = true)]
async fn a_connection_has_five_seconds() {
    #[derive(Debug)]
    struct Silent;
    impl ResolveDns for Silent {
        fn resolve_dns<'a>(&'a self, _: &'a str) -> DnsFuture<'a> {
            DnsFuture::new(std::future::pending())
        }
    }
    let client = HttpIntegrators::with_resolver(AddressRules::Local, Silent);
    let told = reason(&client, &integrator("http://hooks.example.com")).await;
    assert_eq!(told, "there was no connection within 5s");
    let acme = Integrator { timeout: Duration::from_secs(3), ..integrator("http://hooks.example.com") };
    assert_eq!(reason(&client, &acme).await, "there was no answer within 3s");
}
