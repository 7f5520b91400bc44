//! A Taskcluster Queue of the tests' own: it takes tasks, keeps them, and answers as it is told.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The key that requests must be signed with.
pub const QUEUE_TOKEN: &str = "queue-access-token-0123456789012345678901234";

/// A running queue.
pub struct Queue {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    answers: Mutex<VecDeque<(u16, Value)>>,
    created: Mutex<Vec<Created>>,
}

/// One call of createTask.
#[derive(Debug, Clone)]
pub struct Created {
    /// The path, with the taskId.
    pub path: String,
    /// The task.
    pub task: Value,
    /// The scopes that the caller confined itself to.
    pub authorized_scopes: Value,
    /// Whether the Hawk signature is right.
    pub signed: bool,
}

impl Queue {
    /// A queue that creates every task.
    pub fn start() -> Queue {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let served = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let served = Arc::clone(&served);
                std::thread::spawn(move || served.serve(&stream.unwrap(), port));
            }
        });
        Queue { port, state }
    }

    /// The root URL of the deployment that it is part of.
    pub fn root_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Answers the next calls so, and those after them with success.
    pub fn answer(&self, answers: impl IntoIterator<Item = (u16, Value)>) {
        self.state.answers.lock().unwrap().extend(answers);
    }

    /// The calls so far.
    pub fn created(&self) -> Vec<Created> {
        self.state.created.lock().unwrap().clone()
    }
}

impl State {
    fn serve(&self, stream: &TcpStream, port: u16) {
        let mut reader = BufReader::new(stream);
        while let Some((line, headers, body)) = read_request(&mut reader) {
            let mut words = line.split(' ');
            let (method, path) = (words.next().unwrap(), words.next().unwrap());
            let (status, answer) = if method == "PUT" {
                self.create(path, &headers, &body, port)
            } else {
                (200, json!({"alive": true}))
            };
            let answer = answer.to_string();
            let head = format!(
                "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                answer.len()
            );
            if write!(&mut &*stream, "{head}{answer}").is_err() {
                return;
            }
        }
    }

    fn create(&self, path: &str, headers: &[(String, String)], body: &[u8], port: u16) -> (u16, Value) {
        let task: Value = serde_json::from_slice(body).unwrap();
        let authorization = headers.iter().find(|(name, _)| name == "authorization").map(|(_, value)| value);
        let header: Option<hawk::Header> =
            authorization.and_then(|value| value.strip_prefix("Hawk ")?.parse().ok());
        let key = hawk::Key::new(QUEUE_TOKEN, hawk::SHA256).unwrap();
        let request = hawk::RequestBuilder::new("PUT", "127.0.0.1", port, path).request();
        let signed = header
            .as_ref()
            .is_some_and(|header| request.validate_header(header, &key, Duration::from_secs(60)));
        let ext = header.and_then(|header| STANDARD.decode(header.ext?).ok()).unwrap_or_default();
        let ext: Value = serde_json::from_slice(&ext).unwrap_or_default();
        let authorized_scopes = ext["authorizedScopes"].clone();
        let task_id = path.rsplit('/').next().unwrap();
        let status = json!({"status": {"taskId": task_id, "state": "pending", "queue": "its own"}});
        self.created.lock().unwrap().push(Created { path: path.to_owned(), task, authorized_scopes, signed });
        self.answers.lock().unwrap().pop_front().unwrap_or((200, status))
    }
}

type HttpRequest = (String, Vec<(String, String)>, Vec<u8>);

/// The next request of a connection: its first line, its headers and its body.
fn read_request(reader: &mut impl BufRead) -> Option<HttpRequest> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|&length| length > 0)?;
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").map(|(_, value)| value.parse());
    let mut body = vec![0; length.and_then(Result::ok).unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some((line, headers, body))
}
