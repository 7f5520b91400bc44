//! All that gates and their routes need, in memory, and a client.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use treble_core::fire::Engine;
use treble_core::gate::ports::{Correlation, LaneState};
use treble_core::gate::{AddressRules, Attempt, Delivery, DeliveryId, Gates, Integrator};
use treble_core::hook::StoredHook;
use treble_core::scope::ScopeSet;

use super::changes::Nothing;
use crate::auth::{AuthError, Authenticator, Caller, SignedRequest};
use crate::gates::Administration;
use crate::request::Request;
use crate::taskcluster::denied::DeniedExchanges;
use crate::taskcluster::service::{About, Service};

thread_local! {
    /// How many seconds the clock is ahead; tests run in threads of their own.
    static SHIFT: Cell<i64> = const { Cell::new(0) };
}

pub(crate) fn now() -> Timestamp {
    at("2026-11-27T10:00:30Z") + SignedDuration::from_secs(SHIFT.get())
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Lets some seconds pass.
pub(crate) fn pass(seconds: i64) {
    SHIFT.set(SHIFT.get() + seconds);
}

/// What an integrator was sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Heard {
    pub(crate) integrator: String,
    pub(crate) path: String,
    pub(crate) body: Value,
}

#[derive(Default)]
pub(crate) struct World {
    pub(crate) hooks: Mutex<BTreeMap<String, StoredHook>>,
    pub(crate) integrators: Mutex<BTreeMap<String, Integrator>>,
    pub(crate) correlations: Mutex<HashMap<String, Correlation>>,
    pub(crate) deliveries: Mutex<BTreeMap<String, Delivery>>,
    pub(crate) attempts: Mutex<HashMap<DeliveryId, Vec<Attempt>>>,
    pub(crate) lanes: Mutex<HashMap<String, LaneState>>,
    /// Whose lanes are to be looked at.
    pub(crate) wakes: Mutex<Vec<String>>,
    pub(crate) heard: Mutex<Vec<Heard>>,
    /// What an integrator answers, status and body, where that is not 200 and approval; 0 for no answer, 1 for a panic.
    pub(crate) answers: Mutex<HashMap<String, (u16, Value)>>,
    pub(crate) store_is_down: AtomicBool,
    pub(crate) queue_is_down: AtomicBool,
    /// How many writes will find that others came between.
    pub(crate) lost_races: AtomicUsize,
}

impl World {
    pub(crate) fn gates(self: &Arc<Self>) -> Gates {
        Gates {
            integrators: self.clone(),
            correlations: self.clone(),
            deliveries: self.clone(),
            wakes: self.clone(),
            client: self.clone(),
            clock: now,
            random: || getrandom::u64().unwrap(),
        }
    }

    /// What integrators were sent since this was last asked.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }

    /// Whose lanes were to be looked at since this was last asked.
    pub(crate) fn woken(&self) -> Vec<String> {
        std::mem::take(&mut *self.wakes.lock().unwrap())
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.deliveries.lock().unwrap().values().cloned().collect()
    }

    /// What an integrator answers from now on.
    pub(crate) fn answer(&self, integrator: &str, status: u16, body: Value) {
        self.answers.lock().unwrap().insert(integrator.to_owned(), (status, body));
    }
}

/// Everybody is this client, with these scopes.
struct Everybody(Arc<ScopeSet>);

#[async_trait]
impl Authenticator for Everybody {
    async fn authenticate(&self, _: &SignedRequest<'_>, _: Timestamp) -> Result<Caller, AuthError> {
        Ok(Caller { client_id: Some("me".into()), scopes: self.0.clone(), expires: None })
    }
}

/// A service, and what is behind it.
pub(crate) struct Client {
    pub(crate) world: Arc<World>,
    pub(crate) service: Service,
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Client {
    /// Who may do everything.
    pub(crate) fn new() -> Self {
        Self::with_scopes(&["*"])
    }

    pub(crate) fn with_scopes(scopes: &[&str]) -> Self {
        let world = Arc::new(World::default());
        let nothing = Arc::new(Nothing);
        let service = Service {
            about: About {
                root_url: "https://hooks.example".into(),
                version: "1.2.3",
                commit: None,
                started: now(),
            },
            hooks: world.clone(),
            bindings: nothing.clone(),
            engine: Engine {
                sink: nothing.clone(),
                fires: nothing.clone(),
                credentials: nothing.clone(),
                health: nothing,
                trace_in_tasks: false,
                gates: Some(world.gates()),
            },
            gates: Some(Administration {
                integrators: world.clone(),
                deliveries: world.clone(),
                lanes: world.clone(),
                wakes: world.clone(),
                client: world.clone(),
                addresses: AddressRules::Public,
            }),
            authenticator: Arc::new(Everybody(Arc::new(scopes.iter().copied().collect()))),
            master_key: None,
            denied_exchanges: DeniedExchanges::default(),
            now,
        };
        Self { world, service }
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let request = http::Request::builder().method(method).uri(format!("/api{path}"));
        let request = request.header("content-type", "application/json").body(body).unwrap();
        let response = self.service.respond_to_all(&Request::complete(request)).await;
        Answer { status: response.status(), body: serde_json::from_slice(response.body()).unwrap() }
    }

    /// Calls a method of gates.
    pub(crate) async fn gates(&self, method: &str, path: &str, body: Value) -> Answer {
        self.send(method, &format!("/gates/v1/integrators{path}"), body).await
    }

    /// Sets an integrator that wants these events.
    pub(crate) async fn set(&self, name: &str, events: &[&str]) -> Value {
        let body = json!({"url": format!("https://{name}.example/hooks/"), "events": events});
        self.gates("PUT", &format!("/{name}"), body).await.ok()
    }
}

impl Answer {
    /// Its body, if it went well.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self.body
    }

    /// The message of its error, without what is repeated of the request.
    #[track_caller]
    pub(crate) fn error(self, status: u16, code: &str) -> String {
        assert_eq!((self.status.as_u16(), &self.body["code"]), (status, &json!(code)), "{}", self.body);
        self.body["message"].as_str().unwrap().split("\n\n---").next().unwrap().to_owned()
    }
}
