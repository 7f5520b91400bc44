//! A server for one connection, to test what is sent over a network.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What a server does with a connection after it wrote its answer.
#[derive(Clone, Copy)]
pub(crate) enum Then {
    Close,
    /// Says nothing more.
    Hang,
    /// Repeats the last bytes until nobody reads any more.
    Repeat(&'static [u8]),
}

/// A server for one connection: reads a request and writes these bytes. Returns where it is, and
/// the request.
pub(crate) async fn server(answer: impl Into<Vec<u8>>, then: Then) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let answer = answer.into();
    let serving = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !is_whole(&request) {
            assert_ne!(socket.read_buf(&mut request).await.unwrap(), 0);
        }
        socket.write_all(&answer).await.unwrap();
        match then {
            Then::Close => {}
            Then::Hang => std::future::pending().await,
            Then::Repeat(bytes) => while socket.write_all(bytes).await.is_ok() {},
        }
        String::from_utf8(request).unwrap()
    });
    (origin, serving)
}

fn is_whole(request: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(request) else { return false };
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() == length.map_or(0, |length| length.parse().unwrap())
}
