//! All that the service needs, in memory, and a client.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use treble_core::cds::{Execution, ServiceState, hook_name};
use treble_core::firing::Firing;
use treble_core::hook::StoredHook;
use treble_core::secret::MasterKey;
use treble_core::slugid::SlugId;

use super::stores::Envelope;
use crate::cds::{Memory, ROUTES, Service};
use crate::request::Request;

pub(super) const HASH: &str = "the hash";

thread_local! {
    /// How many seconds the clock is ahead; tests run in threads of their own.
    static SHIFT: Cell<i64> = const { Cell::new(0) };
}

pub(super) fn now() -> Timestamp {
    at("2026-11-27T10:00:30Z") + SignedDuration::from_secs(SHIFT.get())
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Lets some seconds pass.
pub(super) fn pass(seconds: i64) {
    SHIFT.set(SHIFT.get() + seconds);
}

#[derive(Default)]
pub(super) struct World {
    pub(super) hooks: Mutex<BTreeMap<String, StoredHook>>,
    pub(super) executions: Mutex<BTreeMap<(String, Timestamp), Execution>>,
    /// One that is stored just after it was asked for in vain.
    pub(super) late: Mutex<Option<Execution>>,
    /// The repositories that are watched.
    pub(super) repositories: Mutex<Vec<String>>,
    pub(super) claims: Mutex<HashMap<SlugId, Timestamp>>,
    pub(super) sent: Mutex<Vec<Firing>>,
    pub(super) queue_is_down: AtomicBool,
    pub(super) state: Mutex<ServiceState>,
    pub(super) state_reads: AtomicUsize,
}

/// A service, and what is behind it.
pub(super) struct Client {
    pub(super) world: Arc<World>,
    pub(super) service: Service,
}

/// What was answered.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl Client {
    /// Of a service that is registered.
    pub(super) fn new() -> Self {
        let world = Arc::new(World::default());
        world.state.lock().unwrap().hash = Some(HASH.into());
        let service = Service {
            hooks: world.clone(),
            executions: world.clone(),
            repositories: world.clone(),
            claims: world.clone(),
            queue: world.clone(),
            state: world.clone(),
            seal: Arc::new(Envelope),
            master_key: MasterKey::new([7; 32]),
            public_url: "https://hooks.example".into(),
            history: 10,
            version: "1.2.3",
            now,
            memory: Memory::default(),
        };
        Self { world, service }
    }

    /// Of one that has a webhook task `hook`.
    pub(super) async fn with_webhook() -> Self {
        let client = Self::new();
        client.cds("POST", "/task", node("hook", "WebHook", &[])).await.ok();
        client
    }

    /// Sends a request that shows nothing.
    pub(super) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let mut request = http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = Request::complete(request.body(body.into()).unwrap());
        let response = self.service.respond(ROUTES, &request).await;
        let body = serde_json::from_slice(response.body()).unwrap();
        Answer { status: response.status(), headers: response.headers().clone(), body }
    }

    /// Sends a request as CDS does.
    pub(super) async fn cds(&self, method: &str, path: &str, body: Value) -> Answer {
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        self.send(method, path, &[("X_AUTH_HEADER", &STANDARD.encode(HASH))], body).await
    }

    /// Gets something as CDS does, which must be there.
    pub(super) async fn get(&self, path: &str) -> Value {
        self.cds("GET", path, Value::Null).await.ok()
    }

    /// Changes an execution's state, as who processes it does.
    pub(super) fn change(&self, uuid: &str, change: impl Fn(&mut Execution)) {
        for ((task, _), execution) in self.world.executions.lock().unwrap().iter_mut() {
            if *task == hook_name(uuid).unwrap().to_string() {
                change(execution);
                execution.revision += 1;
            }
        }
    }

    /// Gives a task a schedule of each minute, whatever its type.
    pub(super) fn schedule(&self, uuid: &str, due: &str) {
        let mut hooks = self.world.hooks.lock().unwrap();
        let hook = hooks.get_mut(&format!("cds/{uuid}")).unwrap();
        hook.definition.schedule = vec!["* * * * *".into()];
        hook.due_at = Some(at(due));
    }

    pub(super) fn sent(&self) -> Vec<Firing> {
        self.world.sent.lock().unwrap().clone()
    }
}

impl Answer {
    /// Its body, if it went well.
    #[track_caller]
    pub(super) fn ok(self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self.body
    }

    /// The message of its error.
    #[track_caller]
    pub(super) fn error(self, status: u16) -> String {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.body["status"], status);
        assert_eq!(self.headers["x-for-request-id"], self.body["uuid"].as_str().unwrap());
        self.body["message"].as_str().unwrap().into()
    }
}

pub(super) fn node(uuid: &str, model: &str, config: &[(&str, &str)]) -> Value {
    let mut entries = json!({"project": {"value": "P"}, "workflow": {"value": "W"}});
    for (name, value) in config {
        entries[name] = json!({"value": value, "configurable": true, "type": "string"});
    }
    json!({"id": 7, "uuid": uuid, "model": {"name": model}, "config": entries})
}
