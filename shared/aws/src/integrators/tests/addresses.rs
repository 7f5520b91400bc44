//! Where requests go, and where they don't.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;

use super::*;
use crate::http::one_shot::{Then, server};

/// The machine itself as well, and told apart.
const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(93, 184, 215, 14));

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
    // These reach no resolver; the system's would take some of them for addresses.
    for host in
        ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "localhost", "2130706433", "0x7f.1"]
    {
        let error = post(&client, &integrator(&format!("http://{host}:{port}"))).await.unwrap_err();
        assert!(error.source.is_none(), "{host}: {error:?}");
    }
    is_alone_at(listener).await;
}

#[tokio::test]
async fn what_the_system_resolves_is_checked() {
    let public = |address| AddressRules::Public.forbidden(address);
    let error = Checked::new(System, public).resolve_dns("localhost").await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "localhost is a loopback address, where integrators can't be");
    let all = Checked::new(System, |address| AddressRules::Local.forbidden(address));
    assert!(all.resolve_dns("localhost").await.unwrap().iter().all(IpAddr::is_loopback));
    // No name can end in this: <https://www.rfc-editor.org/rfc/rfc2606>.
    System.resolve_dns("nowhere.invalid").await.unwrap_err();
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
