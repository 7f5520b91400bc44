//! What each operation of the API costs in calls to AWS: exact everywhere, unlike time. [`cds`] is the dialect of CDS.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on stops and says why")]

mod cds;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use treble_api::auth::{CacheLimits, CachedCredentials, TableAuth};
use treble_api::request::Request;
use treble_api::taskcluster::ROUTES;
use treble_api::taskcluster::denied::DeniedExchanges;
use treble_api::taskcluster::service::{About, Service};
use treble_aws::dynamodb::{DynamoAuth, DynamoFires, DynamoHooks, NewClient, TableNames, create_tables};
use treble_core::fire::Engine;
use treble_core::hawk::{Signer, Target, Unsigned};
use treble_core::hook::Binding;
use treble_core::ports::{AccessToken, BindingProblem, CreatedTask, MadeBinding, NewTask, Sink, SinkError};
use treble_core::secret::MasterKey;
use treble_embedded::Embedded;

const TOKEN: &str = "a-token-of-more-than-22-characters";

/// Counts the tasks that it is given.
#[derive(Default)]
struct CountingSink(AtomicUsize);

#[async_trait]
impl Sink for CountingSink {
    async fn create_task(&self, _: NewTask<'_>) -> Result<CreatedTask, SinkError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(CreatedTask::default())
    }

    async fn check(&self) -> Result<(), SinkError> {
        Ok(())
    }
}

/// The service on an embedded database that counts, and a client of it.
struct World {
    database: Embedded,
    service: Service,
    sink: Arc<CountingSink>,
}

impl World {
    async fn new() -> Self {
        let database = Embedded::memory().unwrap();
        let (client, tables) = (database.sdk_client(), TableNames::with_prefix("t"));
        create_tables(&client, &tables).await.unwrap();
        let master_key = MasterKey::new([7; 32]);
        let auth = Arc::new(DynamoAuth::new(client.clone(), &tables.auth, &master_key));
        let sink = Arc::new(CountingSink::default());
        let hooks = Arc::new(DynamoHooks::new(client.clone(), &tables.hooks));
        let service = Service {
            about: About {
                root_url: "http://localhost".into(),
                version: "test",
                commit: None,
                started: Timestamp::now(),
            },
            hooks: hooks.clone(),
            bindings: hooks.clone(),
            engine: Engine {
                trace_in_tasks: false,
                gates: None,
                sink: sink.clone(),
                fires: Arc::new(DynamoFires::new(client, &tables.fires)),
                credentials: auth.clone(),
                health: hooks,
            },
            authenticator: Arc::new(TableAuth::new(Arc::new(CachedCredentials::new(
                auth.clone(),
                CacheLimits::default(),
            )))),
            master_key: Some(master_key),
            denied_exchanges: DeniedExchanges::default(),
            gates: None,
            now: Timestamp::now,
        };
        create_root(&auth).await;
        let world = Self { database, service, sink };
        // The client and the roles are remembered from its first call on, as in any process but a new one.
        world.call(Method::GET, "/hooks", None).await;
        world
    }

    /// A signed call: its reply, and what it cost.
    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (Value, BTreeMap<&'static str, u64>) {
        let path = format!("/api/hooks/v1{path}");
        let now = Timestamp::now();
        let target = Target { method: method.as_str(), resource: &path, host: "localhost", port: 80 };
        let nonce = now.as_nanosecond().to_string();
        let unsigned = Unsigned { ts: now.as_second(), nonce: &nonce, hash: None, ext: None };
        let request = http::Request::builder()
            .method(method.clone())
            .uri(&path)
            .header("host", "localhost")
            .header("content-type", "application/json")
            .header("authorization", Signer::new("root", TOKEN).header(&target, &unsigned).unwrap())
            .body(body.map_or_else(Bytes::new, |body| body.to_string().into()))
            .unwrap();
        self.database.take_calls();
        let response = self.service.respond(ROUTES, &Request::complete(request)).await;
        let reply = serde_json::from_slice(response.body()).unwrap();
        assert!(response.status().is_success(), "{path}: {reply:#}");
        (reply, self.database.take_calls())
    }
}

async fn create_root(auth: &DynamoAuth) {
    let root = NewClient {
        client_id: "root".into(),
        access_token: AccessToken::new(TOKEN),
        scopes: vec!["*".into()],
        expires: Timestamp::MAX,
        description: String::new(),
        created: Timestamp::now(),
    };
    assert!(auth.create_client(&root).await.unwrap());
}

fn hook() -> Value {
    json!({
        "metadata": {"name": "n", "description": "d", "owner": "o"},
        "task": {"payload": {"$eval": "payload"}},
        "bindings": [{"exchange": "e", "routingKeyPattern": "#"}],
        "triggerSchema": {"type": "object"},
    })
}

fn calls<const N: usize>(expected: [(&'static str, u64); N]) -> BTreeMap<&'static str, u64> {
    BTreeMap::from(expected)
}

#[tokio::test]
async fn operations_cost_what_they_must() {
    let world = World::new().await;
    let rename = json!({"metadata": {"name": "m", "description": "d", "owner": "o"}, "task": {}});
    let once = json!({"taskId": "LRs8cOvwTLmg8ox_vJBlbA"});
    let table = [
        (Method::PUT, "/hooks/g/h", Some(hook()), calls([("TransactWriteItems", 1)])),
        (Method::GET, "/hooks/g/h", None, calls([("GetItem", 1)])),
        (Method::POST, "/hooks/g/h/trigger", Some(json!({})), calls([("GetItem", 1), ("PutItem", 1)])),
        // A taskId that the caller chose is claimed besides; asked for again, its record is read.
        (Method::POST, "/hooks/g/h/trigger", Some(once.clone()), calls([("GetItem", 1), ("PutItem", 2)])),
        (Method::POST, "/hooks/g/h/trigger", Some(once), calls([("GetItem", 2), ("PutItem", 1)])),
        (Method::GET, "/hooks/g/h/last-fires", None, calls([("GetItem", 1), ("Query", 1)])),
        // With a read for each binding.
        (Method::GET, "/hooks/g/h/status", None, calls([("GetItem", 2), ("Query", 1)])),
        (Method::GET, "/hooks/g/h/token", None, calls([("GetItem", 1)])),
        (Method::POST, "/hooks/g/h/token", None, calls([("GetItem", 1), ("UpdateItem", 1)])),
        (Method::POST, "/hooks/g/h", Some(rename), calls([("GetItem", 1), ("UpdateItem", 1)])),
        (Method::GET, "/hooks", None, calls([("Query", 1)])),
        (Method::GET, "/hooks/g", None, calls([("Query", 1)])),
        (
            Method::DELETE,
            "/hooks/g/h",
            None,
            // The last one takes the group's row with it.
            calls([("GetItem", 1), ("TransactWriteItems", 1), ("DeleteItem", 1)]),
        ),
        (Method::GET, "/ping", None, calls([])),
    ];
    for (method, path, body, expected) in table {
        let (_, cost) = world.call(method.clone(), path, body).await;
        assert_eq!(cost, expected, "{method} {path}");
    }
    assert_eq!(world.sink.0.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_status_tells_what_the_broker_refuses() {
    let world = World::new().await;
    world.call(Method::PUT, "/hooks/g/h", Some(hook())).await;
    let binding = Binding { exchange: "e".into(), routing_key_pattern: "#".into() };
    let since = Timestamp::from_second(1_800_000_000).unwrap();
    for problem in [Some(BindingProblem { problem: "no exchange 'e'".into(), since }), None] {
        let refused = problem.is_some();
        world.service.bindings.note(&MadeBinding { binding: binding.clone(), problem }).await.unwrap();
        let (status, _) = world.call(Method::GET, "/hooks/g/h/status", None).await;
        let told = json!([{
            "exchange": "e", "routingKeyPattern": "#", "problem": "no exchange 'e'", "since": "2027-01-15T08:00:00.000Z",
        }]);
        assert_eq!(status.get("refusedBindings"), refused.then_some(&told));
    }
}

#[tokio::test]
async fn a_webhook_costs_a_read_a_write_and_the_sink() {
    let world = World::new().await;
    world.call(Method::PUT, "/hooks/g/h", Some(hook())).await;
    let (reply, _) = world.call(Method::GET, "/hooks/g/h/token", None).await;
    let path = format!("/hooks/g/h/trigger/{}", reply["token"].as_str().unwrap());
    let (_, cost) = world.call(Method::POST, &path, Some(json!({"a": 1}))).await;
    assert_eq!(cost, calls([("GetItem", 1), ("PutItem", 1)]));
    assert_eq!(world.sink.0.load(Ordering::Relaxed), 1);
}
