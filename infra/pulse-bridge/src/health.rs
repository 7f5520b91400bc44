//! How the bridge does, and who asks.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

/// Who asks has this long to do so, and to take the answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest question.
const MAX_REQUEST: u64 = 16 * 1024;

/// How the bridge does.
#[derive(Debug, Default)]
pub struct Health {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    consuming: bool,
    /// Why it isn't connected.
    lost: Option<String>,
    /// Why the queue behind does not take messages.
    refused: Option<String>,
    bindings: Bindings,
}

/// What is not bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Bindings {
    /// Wanted, and not asked for yet.
    pub(crate) missing: usize,
    /// The broker refuses them.
    pub(crate) refused: usize,
}

impl Health {
    /// Whether messages are passed on, and what to say of that.
    pub fn report(&self) -> (bool, Value) {
        let state = self.state();
        let well = state.consuming && state.refused.is_none();
        let Bindings { missing, refused } = state.bindings;
        let mut report = json!({
            "consuming": state.consuming, "missingBindings": missing, "refusedBindings": refused,
        });
        let reason = state.refused.as_deref().or(state.lost.as_deref()).unwrap_or("not connected yet");
        if !well && let Some(report) = report.as_object_mut() {
            report.insert("reason".into(), reason.into());
        }
        (well, report)
    }

    /// Messages are passed on from now on.
    pub(crate) fn up(&self) {
        let mut state = self.state();
        (state.consuming, state.lost) = (true, None);
    }

    /// No longer. Tells whether they were.
    pub(crate) fn down(&self, reason: String) -> bool {
        let mut state = self.state();
        state.lost = Some(reason);
        std::mem::take(&mut state.consuming)
    }

    /// The queue behind took messages, or why it did not.
    pub(crate) fn sent(&self, refused: Option<String>) {
        self.state().refused = refused;
    }

    /// So many bindings aren't there.
    pub(crate) fn bindings(&self, bindings: Bindings) {
        self.state().bindings = bindings;
    }

    /// Nothing that can panic is done under the lock.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers any HTTP request, one a connection: 200 while messages are passed on, 503 while they aren't.
pub async fn serve(listener: TcpListener, health: Arc<Health>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let health = Arc::clone(&health);
                tokio::spawn(async move {
                    // Who went away got no answer.
                    let _ = timeout(PATIENCE, answer(stream, &health)).await;
                });
            }
            // Too many open files, mostly: they will be fewer.
            Err(error) => {
                tracing::warn!(%error, "nobody can ask how the bridge does");
                sleep(PATIENCE).await;
            }
        }
    }
}

async fn answer(mut stream: TcpStream, health: &Health) -> std::io::Result<()> {
    let (reading, mut writing) = stream.split();
    let mut reading = reading.take(MAX_REQUEST);
    let mut request = Vec::new();
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if reading.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let (well, report) = health.report();
    let status = if well { "200 OK" } else { "503 Service Unavailable" };
    let body = report.to_string();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    writing.write_all(head.as_bytes()).await?;
    writing.write_all(body.as_bytes()).await?;
    writing.shutdown().await
}

/// Asks whether all is well.
pub(crate) async fn ask(address: SocketAddr) -> std::io::Result<bool> {
    let asking = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await?;
        let mut reply = String::new();
        stream.take(MAX_REQUEST).read_to_string(&mut reply).await?;
        Ok(reply.starts_with("HTTP/1.1 200 "))
    };
    timeout(PATIENCE, asking).await?
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(request: &str, health: Arc<Health>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(serve(listener, health));
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        server.abort();
        reply
    }

    #[tokio::test]
    async fn it_is_well_while_messages_are_passed_on() {
        let health = Arc::new(Health::default());
        let steps: [(&dyn Fn(), &str, &str); 5] = [
            (&|| {}, "503", "not connected yet"),
            (&|| health.up(), "200", "\"consuming\":true"),
            (&|| health.sent(Some("SQS is busy".into())), "503", "SQS is busy"),
            (&|| health.sent(None), "200", "\"refusedBindings\":0"),
            (&|| assert!(health.down("lost".into())), "503", "lost"),
        ];
        for (step, status, says) in steps {
            step();
            let reply = ask("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n", Arc::clone(&health)).await;
            assert!(reply.starts_with(&format!("HTTP/1.1 {status} ")) && reply.contains(says), "{reply}");
        }
        assert!(!health.down("lost".into()));
    }

    #[tokio::test]
    async fn it_can_be_asked() {
        let health = Arc::new(Health::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(serve(listener, Arc::clone(&health)));
        assert!(!super::ask(address).await.unwrap());
        health.up();
        assert!(super::ask(address).await.unwrap());
        server.abort();
    }
}
