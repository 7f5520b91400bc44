use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use treble_core::ports::PostJson;

use super::one_shot::{Then, server};
use super::*;

/// Longer than anything here takes.
const AMPLE: Duration = Duration::from_secs(30);
/// Shorter than what never comes.
const SHORT: Duration = Duration::from_millis(50);

fn get(url: &str) -> Request<'_> {
    Request { method: "GET", url, headers: &[], body: Bytes::new() }
}

#[tokio::test]
async fn a_request_arrives_as_it_is() {
    let answer = "HTTP/1.1 503 No\r\nretry-after: 7\r\ncontent-length: 5\r\n\r\nhello";
    let (origin, serving) = server(answer, Then::Close).await;
    let headers: &[(&str, &str)] =
        &[("content-type", "application/json"), ("authorization", "Hawk id=\"a\"")];
    let url = format!("{origin}/a?b=%20c");
    let request = Request { method: "PUT", url: &url, headers, body: Bytes::from("{\"a\": 1}") };
    let reply = HttpClient::new().send(&request, AMPLE).await.unwrap();
    assert_eq!((reply.status, reply.retry_after.as_deref()), (503, Some("7")));
    assert_eq!(reply.body.as_deref(), Some(&b"hello"[..]));
    assert_eq!((reply.header("content-length"), reply.header("etag")), (Some("5"), None));

    let request = serving.await.unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<_> = head.lines().collect();
    assert_eq!(lines.remove(0), "PUT /a?b=%20c HTTP/1.1");
    lines.sort_unstable();
    let host = origin.replace("http://", "host: ");
    let expected = [
        "authorization: Hawk id=\"a\"",
        "content-length: 8",
        "content-type: application/json",
        &host,
        concat!("user-agent: treble/", env!("CARGO_PKG_VERSION")),
    ];
    assert_eq!(lines, expected);
    assert_eq!(body, "{\"a\": 1}");
}

#[tokio::test]
async fn nobody_listens() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = HttpClient::new().send(&get(&format!("http://{address}/")), AMPLE).await.unwrap_err();
    assert!(matches!(error, HttpError::Refused(_)), "{error:?}");
    assert_eq!(error.to_string(), "the connection was refused");
}

#[tokio::test]
async fn what_is_no_answer() {
    for answer in [
        "",
        "hello\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let (origin, _serving) = server(answer, Then::Close).await;
        let error = HttpClient::new().send(&get(&origin), AMPLE).await.unwrap_err();
        assert!(matches!(error, HttpError::Broken(_)), "{answer:?}: {error:?}");
        assert_eq!(error.to_string(), "the connection failed");
    }
}

#[tokio::test]
async fn a_server_of_another_protocol() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain = listener.local_addr().unwrap();
    let answering = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        socket
    });
    let error = HttpClient::new().send(&get(&format!("https://{plain}/")), AMPLE).await.unwrap_err();
    assert!(matches!(error, HttpError::Broken(_)), "{error:?}");
    answering.await.unwrap();
}

#[tokio::test]
async fn slow_answers_are_given_up() {
    for begun in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort"] {
        let (origin, serving) = server(begun, Then::Hang).await;
        let error = HttpClient::new().send(&get(&origin), SHORT).await.unwrap_err();
        assert!(matches!(error, HttpError::Late(SHORT)), "{begun:?}: {error:?}");
        serving.abort();
    }
}

#[tokio::test]
async fn of_a_large_body_only_so_much_is_read() {
    let with_length = |length: usize| {
        let mut answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n").into_bytes();
        answer.resize(answer.len() + length, b'x');
        answer
    };
    let (origin, _serving) = server(with_length(MAX_REPLY_BYTES), Then::Close).await;
    let reply = HttpClient::new().send(&get(&origin), AMPLE).await.unwrap();
    assert_eq!(reply.body.unwrap().len(), MAX_REPLY_BYTES);

    // The server sees the end of it, as its connection is closed.
    let (origin, serving) = server("HTTP/1.1 200 OK\r\n\r\n", Then::Repeat(&[b'x'; 65_536])).await;
    let reply = HttpClient::new().send(&get(&origin), AMPLE).await.unwrap();
    assert_eq!((reply.status, reply.body), (200, None));
    serving.await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_sent() {
    let client = HttpClient::new();
    let header: &[(&str, &str)] = &[("authorization", "a\nb")];
    for request in [get("http://t c/"), Request { headers: header, ..get("http://127.0.0.1:1/") }] {
        let error = client.send(&request, AMPLE).await.unwrap_err();
        assert!(matches!(error, HttpError::Unsendable(_)), "{error:?}");
    }
}

#[tokio::test]
async fn posting_json() {
    for (answer, expected) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n{\"a\": 1}", (200, json!({"a": 1}))),
        ("HTTP/1.1 502 No\r\ncontent-length: 6\r\n\r\n<html>", (502, Value::Null)),
    ] {
        let (origin, serving) = server(answer, Then::Close).await;
        let reply =
            HttpClient::new().post_json(&format!("{origin}/a?b=%20c"), &json!({"q": "é"})).await.unwrap();
        assert_eq!((reply.status, reply.body), expected);
        let request = serving.await.unwrap();
        assert!(request.starts_with("POST /a?b=%20c HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("\r\ncontent-type: application/json\r\n"), "{request}");
        assert!(request.ends_with("\r\n\r\n{\"q\":\"é\"}"), "{request}");
    }
    HttpClient::new().post_json("http://", &json!({})).await.unwrap_err();
}
