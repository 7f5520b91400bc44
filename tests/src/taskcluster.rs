//! An existing Taskcluster deployment, as far as a hooks service has to do with it: an Auth service with clients and roles of
//! its own, and a Queue that asks that one who calls. They check signatures, certificates and scopes as the real ones do.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};
use treble_api::auth::{
    Authenticator, CacheLimits, CachedCredentials, Caller, Origin, SignedRequest, TableAuth,
};
use treble_core::hawk::Header;
use treble_core::ports::{AccessToken, ClientCredentials, Credentials, StoreError};
use treble_core::scope::Roles;

use crate::stub::{self, Answer, Incoming};
use crate::{ACCESS_TOKEN, CLIENT_ID};

/// What an answer takes, or that there is none.
#[derive(Debug, Clone, Copy)]
pub enum Trouble {
    /// The service fails.
    Status(u16),
    /// The connection ends without an answer.
    Lost,
    /// The answer is good, and late.
    Slow(Duration),
}

/// A running deployment.
pub struct Taskcluster {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    clients: Mutex<BTreeMap<String, ClientCredentials>>,
    roles: Mutex<BTreeMap<String, Vec<String>>>,
    tasks: Mutex<BTreeMap<String, Value>>,
    /// What befalls the next calls of each service.
    auth_trouble: Mutex<VecDeque<Trouble>>,
    queue_trouble: Mutex<VecDeque<Trouble>>,
}

impl Taskcluster {
    /// A deployment with one client, [`CLIENT_ID`], that may act for all hooks: as which Treble calls it.
    pub fn start() -> Taskcluster {
        let (listener, port) = stub::listen();
        let state = Arc::new(State::default());
        let served = Arc::clone(&state);
        stub::serve(listener, move |request| served.answer(request, port));
        let deployment = Taskcluster { port, state };
        deployment.client(CLIENT_ID, ACCESS_TOKEN, &["assume:hook-id:*"]);
        deployment
    }

    /// Its root URL.
    pub fn root_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Gives it a client.
    pub fn client(&self, id: &str, access_token: &str, scopes: &[&str]) {
        let client = ClientCredentials {
            client_id: id.to_owned(),
            access_token: AccessToken::new(access_token),
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
            expires: Timestamp::MAX,
            disabled: false,
        };
        self.state.clients.lock().unwrap().insert(id.to_owned(), client);
    }

    /// Changes a client.
    pub fn change(&self, id: &str, change: impl FnOnce(&mut ClientCredentials)) {
        change(self.state.clients.lock().unwrap().get_mut(id).unwrap());
    }

    /// Deletes a client.
    pub fn revoke(&self, id: &str) {
        assert!(self.state.clients.lock().unwrap().remove(id).is_some());
    }

    /// Gives it a role, or changes it.
    pub fn role(&self, id: &str, scopes: &[&str]) {
        let scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
        self.state.roles.lock().unwrap().insert(id.to_owned(), scopes);
    }

    /// What befalls the next calls of its Auth service.
    pub fn auth_has(&self, trouble: impl IntoIterator<Item = Trouble>) {
        *self.state.auth_trouble.lock().unwrap() = trouble.into_iter().collect();
    }

    /// What befalls the next calls of its Queue.
    pub fn queue_has(&self, trouble: impl IntoIterator<Item = Trouble>) {
        *self.state.queue_trouble.lock().unwrap() = trouble.into_iter().collect();
    }

    /// The tasks that its Queue has, by their taskIds.
    pub fn tasks(&self) -> BTreeMap<String, Value> {
        self.state.tasks.lock().unwrap().clone()
    }
}

impl State {
    fn answer(&self, request: &Incoming, port: u16) -> Answer {
        match (request.method.as_str(), request.resource.as_str()) {
            ("POST", "/api/auth/v1/authenticate-hawk") => {
                troubled(&self.auth_trouble, || Answer::json(200, self.authenticate_hawk(&request.body)))
            }
            ("PUT", path) if path.starts_with("/api/queue/v1/task/") => {
                troubled(&self.queue_trouble, || self.create_task(request, port))
            }
            ("GET", "/api/queue/v1/ping") => Answer::json(200, json!({"alive": true})),
            _ => Answer::json(404, json!({"error": "Not found"})),
        }
    }

    /// authenticateHawk.
    fn authenticate_hawk(&self, body: &[u8]) -> Value {
        let asked: Value = serde_json::from_slice(body).unwrap();
        let text = |key: &str| asked[key].as_str().unwrap_or_default();
        let authorization = asked["authorization"].as_str();
        let method = text("method").to_uppercase();
        let request = SignedRequest {
            method: &method,
            resources: vec![Cow::Borrowed(text("resource"))],
            origins: vec![Origin {
                host: text("host").to_owned(),
                port: asked["port"].as_u64().unwrap().try_into().unwrap(),
            }],
            authorization,
            content_type: None,
            body: None,
        };
        let caller = match self.authenticate(&request) {
            Ok(caller) => caller,
            Err(message) => return json!({"status": "auth-failed", "message": message}),
        };
        let scopes: Vec<&str> = caller.scopes.iter().collect();
        let expires = caller.expires.unwrap_or(Timestamp::MAX);
        match caller.client_id {
            None => json!({"status": "no-auth", "scheme": "none", "scopes": scopes, "expires": expires}),
            Some(client_id) => {
                let mut answer = json!({
                    "status": "auth-success", "scheme": if authorization.is_some() { "hawk" } else { "bewit" },
                    "clientId": client_id, "scopes": scopes, "expires": expires,
                });
                if let Some(hash) = authorization.and_then(|header| Header::parse(header).ok()?.hash) {
                    answer["hash"] = json!(hash);
                }
                answer
            }
        }
    }

    /// createTask: who signs with a hook's authority needs the scopes of that hook's role.
    fn create_task(&self, request: &Incoming, port: u16) -> Answer {
        let refusal = |status: u16, code: &str, message: &str| {
            Answer::json(status, json!({"code": code, "message": message, "requestInfo": {}}))
        };
        let signed = SignedRequest {
            method: "PUT",
            resources: vec![Cow::Borrowed(&request.resource)],
            origins: vec![Origin { host: "127.0.0.1".to_owned(), port }],
            authorization: request.header("authorization"),
            content_type: request.header("content-type"),
            body: Some(&request.body),
        };
        let caller = match self.authenticate(&signed) {
            Ok(caller) => caller,
            Err(message) => return refusal(401, "AuthenticationFailed", &message),
        };
        let task: Value = serde_json::from_slice(&request.body).unwrap();
        let text = |key: &str| task[key].as_str().unwrap_or_default().to_owned();
        let mut needed: Vec<String> = task["scopes"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|scope| scope.as_str().unwrap().into())
            .collect();
        needed.push(format!("queue:create-task:lowest:{}/{}", text("provisionerId"), text("workerType")));
        let missing: Vec<&str> = needed
            .iter()
            .map(String::as_str)
            .filter(|&scope| !caller.scopes.satisfies_all([scope]))
            .collect();
        if !missing.is_empty() {
            return refusal(403, "InsufficientScopes", &format!("missing {}", missing.join(", ")));
        }
        let task_id = request.resource.rsplit('/').next().unwrap().to_owned();
        let mut tasks = self.tasks.lock().unwrap();
        if *tasks.entry(task_id.clone()).or_insert_with(|| task.clone()) != task {
            return refusal(409, "RequestConflict", "taskId already used by another task");
        }
        let status = json!({
            "taskId": task_id, "provisionerId": text("provisionerId"), "workerType": text("workerType"),
            "taskQueueId": format!("{}/{}", text("provisionerId"), text("workerType")),
            "schedulerId": "-", "projectId": "none", "taskGroupId": text("taskGroupId"),
            "deadline": text("deadline"), "expires": text("expires"), "retriesLeft": 5, "state": "pending",
            "runs": [{"runId": 0, "state": "pending", "reasonCreated": "scheduled", "scheduled": text("created")}],
        });
        Answer::json(200, json!({ "status": status }))
    }

    /// Who made a request, by the clients and roles of this moment.
    fn authenticate(&self, request: &SignedRequest<'_>) -> Result<Caller, String> {
        let snapshot = Snapshot {
            clients: self.clients.lock().unwrap().clone(),
            roles: Arc::new(Roles::new(self.roles.lock().unwrap().clone())),
        };
        let auth =
            TableAuth::new(Arc::new(CachedCredentials::new(Arc::new(snapshot), CacheLimits::default())));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let caller = runtime.block_on(auth.authenticate(request, Timestamp::now()));
        caller.map_err(|error| error.to_string())
    }
}

/// A call, and what befalls it.
pub(crate) fn troubled(trouble: &Mutex<VecDeque<Trouble>>, answer: impl FnOnce() -> Answer) -> Answer {
    let next = trouble.lock().unwrap().pop_front();
    match next {
        None => answer(),
        Some(Trouble::Status(status)) => {
            Answer::json(status, json!({"error": "trouble", "message": "trouble"}))
        }
        Some(Trouble::Lost) => Answer::json(Answer::NONE, json!({})),
        Some(Trouble::Slow(time)) => {
            std::thread::sleep(time);
            answer()
        }
    }
}

struct Snapshot {
    clients: BTreeMap<String, ClientCredentials>,
    roles: Arc<Roles>,
}

#[async_trait]
impl Credentials for Snapshot {
    async fn client(&self, client_id: &str) -> Result<Option<ClientCredentials>, StoreError> {
        Ok(self.clients.get(client_id).cloned())
    }

    async fn roles(&self) -> Result<Arc<Roles>, StoreError> {
        Ok(Arc::clone(&self.roles))
    }
}
