//! What is made of answers, and of none.

use jiff::SignedDuration;
use tokio::io::AsyncWriteExt;

use super::*;
use crate::http::one_shot::{Then, server};

/// Shorter than what never comes.
const SHORT: Duration = Duration::from_millis(50);

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
