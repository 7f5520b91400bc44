//! A Taskcluster deployment of the tests' own: a Queue that keeps its tasks and answers as it is told, and an Auth
//! service that knows one client.

use std::collections::{BTreeMap, VecDeque};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::stub::{self, Answer, Incoming};

/// The client that it knows.
pub const CLIENT_ID: &str = "treble";
/// That client's access token.
pub const ACCESS_TOKEN: &str = "deployment-access-token-01234567890123456789";

/// A running deployment.
pub struct Deployment {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    answers: Mutex<VecDeque<(u16, Value)>>,
    created: Mutex<Vec<Created>>,
    tasks: Mutex<BTreeMap<String, Value>>,
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
    /// The header `traceparent`.
    pub traceparent: Option<String>,
    /// Whether the Hawk signature is right.
    pub signed: bool,
}

impl Deployment {
    /// An answer of [`answer`](Self::answer) that gets lost on the way, though the task was created.
    pub const LOST: u16 = Answer::NONE;

    /// One that creates every task.
    pub fn start() -> Deployment {
        let (listener, port) = stub::listen();
        Deployment::listening(listener, port)
    }

    /// The same at a port where nobody has listened so far.
    pub fn start_at(port: u16) -> Deployment {
        Deployment::listening(TcpListener::bind(("127.0.0.1", port)).unwrap(), port)
    }

    fn listening(listener: TcpListener, port: u16) -> Deployment {
        let state = Arc::new(State::default());
        let served = Arc::clone(&state);
        stub::serve(listener, move |request| served.answer(request, port));
        Deployment { port, state }
    }

    /// Its root URL.
    pub fn root_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Answers the next calls of createTask so, and those after them with success.
    pub fn answer(&self, answers: impl IntoIterator<Item = (u16, Value)>) {
        self.state.answers.lock().unwrap().extend(answers);
    }

    /// Answers with success from now on.
    pub fn works_again(&self) {
        self.state.answers.lock().unwrap().clear();
    }

    /// The tasks that exist, by their taskIds.
    pub fn tasks(&self) -> BTreeMap<String, Value> {
        self.state.tasks.lock().unwrap().clone()
    }

    /// The calls of createTask so far.
    pub fn created(&self) -> Vec<Created> {
        self.state.created.lock().unwrap().clone()
    }
}

impl State {
    fn answer(&self, request: &Incoming, port: u16) -> Answer {
        let (status, answer) = match (request.method.as_str(), request.resource.as_str()) {
            ("PUT", _) => self.create(request, port),
            ("POST", "/api/auth/v1/authenticate-hawk") => (200, authenticate(&request.body)),
            _ => (200, json!({"alive": true})),
        };
        Answer::json(status, answer)
    }

    fn create(&self, request: &Incoming, port: u16) -> (u16, Value) {
        let path = &request.resource;
        let task: Value = serde_json::from_slice(&request.body).unwrap();
        let header = request.header("authorization").and_then(parse);
        let signed = header.as_ref().is_some_and(|header| is_right(header, "PUT", "127.0.0.1", port, path));
        let ext = header.and_then(|header| STANDARD.decode(header.ext?).ok()).unwrap_or_default();
        let ext: Value = serde_json::from_slice(&ext).unwrap_or_default();
        let authorized_scopes = ext["authorizedScopes"].clone();
        let task_id = path.rsplit('/').next().unwrap();
        let status = json!({"status": {"taskId": task_id, "state": "pending", "queue": "its own"}});
        let traceparent = request.header("traceparent").map(str::to_owned);
        let call = Created { path: path.clone(), task: task.clone(), authorized_scopes, traceparent, signed };
        self.created.lock().unwrap().push(call);
        let answer = self.answers.lock().unwrap().pop_front();
        if answer.as_ref().is_none_or(|(status, _)| matches!(*status, 200 | Answer::NONE)) {
            let known = self.tasks.lock().unwrap().entry(task_id.to_owned()).or_insert(task.clone()).clone();
            if known != task {
                return (
                    409,
                    json!({"code": "RequestConflict", "message": "another task", "requestInfo": {}}),
                );
            }
        }
        answer.unwrap_or((200, status))
    }
}

/// The Hawk attributes of an `Authorization` header.
pub(crate) fn parse(authorization: &str) -> Option<hawk::Header> {
    authorization.strip_prefix("Hawk ")?.parse().ok()
}

/// Whether a request is signed by the client that the deployment knows.
pub(crate) fn is_right(header: &hawk::Header, method: &str, host: &str, port: u16, resource: &str) -> bool {
    let key = hawk::Key::new(ACCESS_TOKEN, hawk::SHA256).unwrap();
    let request = hawk::RequestBuilder::new(method, host, port, resource).request();
    header.id.as_deref() == Some(CLIENT_ID) && request.validate_header(header, &key, Duration::from_secs(60))
}

/// authenticateHawk.
fn authenticate(body: &[u8]) -> Value {
    let asked: Value = serde_json::from_slice(body).unwrap();
    let text = |key: &str| asked[key].as_str().unwrap_or_default().to_owned();
    let Some(authorization) = asked["authorization"].as_str() else {
        return json!({"status": "no-auth", "scheme": "none", "scopes": ["hooks:list-hooks:"]});
    };
    let method = text("method").to_uppercase();
    let port = u16::try_from(asked["port"].as_u64().unwrap()).unwrap();
    match parse(authorization) {
        Some(header) if is_right(&header, &method, &text("host"), port, &text("resource")) => json!({
            "status": "auth-success", "clientId": CLIENT_ID, "scheme": "hawk",
            "scopes": ["hooks:*", "assume:hook-id:g/*"], "expires": "2100-01-01T00:00:00.000Z",
        }),
        _ => json!({"status": "auth-failed", "message": "the deployment says no"}),
    }
}
