//! The ways in which a hook comes to be fired, each with the parts that the functions have, on a metered AWS.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use treble_api::auth::{CacheLimits, CachedCredentials, TableAuth};
use treble_api::request::Request;
use treble_api::taskcluster::ROUTES;
use treble_api::taskcluster::denied::DeniedExchanges;
use treble_api::taskcluster::service::{About, Service};
use treble_aws::dynamodb::{
    DynamoAuth, DynamoFires, DynamoHooks, NewClient, RoleEntry, TableNames, create_tables,
};
use treble_aws::queue::SqsQueue;
use treble_aws::sink::SqsSink;
use treble_core::consumer::{Attempt, Consumer, Outcome};
use treble_core::fire::Engine;
use treble_core::hawk::{Signer, Target, Unsigned};
use treble_core::hook::{Hook, HookName, StoredHook};
use treble_core::ports::{AccessToken, HookStore as _, PulseQueue};
use treble_core::pulse::{Dispatcher, PulseMessage};
use treble_core::secret::MasterKey;
use treble_core::tick::Tick;
use treble_embedded::Embedded;

use crate::meter::{Meter, Used};

/// The hook of `make bench`: 60 lines of template, a schema of 15 properties.
const HOOK: &str = include_str!("../../benches/bench/fixtures/hook.json");
/// A payload for it.
const PAYLOAD: &str = include_str!("../../benches/bench/fixtures/payload.json");

/// What the schema fills into that.
const DEFAULTS: &str = r#"{"branch": "main", "dryRun": false, "timeoutMinutes": 30, "priority": "low",
    "checks": ["unit", "smoke"], "canaryPercent": 5}"#;

const TOKEN: &str = "a-token-of-more-than-22-characters";
const FIRINGS: &str = "https://sqs.invalid/firings";
const MESSAGES: &str = "https://sqs.invalid/pulse";
const TASKS: &str = "https://sqs.invalid/tasks";

/// What a tick takes, in read units, that finds nothing to do.
pub(crate) const IDLE_TICK: f64 = 8.0;

/// A service with some hooks.
pub(crate) struct World {
    meter: Meter,
    hooks: Arc<DynamoHooks>,
    fires: Arc<DynamoFires>,
    service: Service,
    master_key: MasterKey,
    names: Vec<HookName>,
}

impl World {
    /// With so many hooks, all of them due in half a minute; what they need of a payload is in them, if they are to be
    /// fired so.
    pub(crate) async fn new(count: usize, scheduled: bool) -> Self {
        let database = Embedded::memory().unwrap();
        let tables = TableNames::with_prefix("t");
        create_tables(&database.sdk_client(), &tables).await.unwrap();
        let meter = Meter::new(database);
        let client = aws_sdk_dynamodb::Client::new(&meter.config());
        let master_key = MasterKey::new([7; 32]);
        let auth = Arc::new(DynamoAuth::new(client.clone(), &tables.auth, &master_key));
        let hooks = Arc::new(DynamoHooks::new(client.clone(), &tables.hooks));
        let fires = Arc::new(DynamoFires::new(client, &tables.fires));
        auth.create_client(&root()).await.unwrap();
        auth.set_role(&role()).await.unwrap();
        let engine = Engine {
            sink: Arc::new(SqsSink::new(aws_sdk_sqs::Client::new(&meter.config()), TASKS)),
            fires: fires.clone(),
            credentials: auth.clone(),
            health: hooks.clone(),
            trace_in_tasks: false,
            gates: None,
        };
        let service = Service {
            about: About { root_url: String::new(), version: "", commit: None, started: Timestamp::now() },
            hooks: hooks.clone(),
            bindings: hooks.clone(),
            engine,
            authenticator: Arc::new(TableAuth::new(Arc::new(CachedCredentials::new(
                auth,
                CacheLimits::default(),
            )))),
            master_key: Some(master_key.clone()),
            denied_exchanges: DeniedExchanges::default(),
            gates: None,
            now: Timestamp::now,
        };
        // Any process but a new one has read the roles, and asks whether they are still the same.
        service.engine.credentials.roles().await.unwrap();
        let mut world = Self { meter, hooks, fires, service, master_key, names: Vec::new() };
        for number in 0..count {
            world.create(number, scheduled).await;
        }
        world
    }

    async fn create(&mut self, number: usize, scheduled: bool) {
        let due = Timestamp::from_second(Timestamp::now().as_second() + 30).unwrap();
        let mut definition: Value = serde_json::from_str(HOOK).unwrap();
        definition["hookGroupId"] = json!("g");
        definition["hookId"] = json!(format!("hook-{number}"));
        // Once a day, so that it is due but once.
        definition["schedule"] = json!([due.strftime("%-S %-M %-H * * *").to_string()]);
        definition["bindings"] =
            json!([{"exchange": "exchange/e", "routingKeyPattern": format!("{number}.#")}]);
        definition["task"]["in"]["scopes"] = json!(["queue:route:x"]);
        if scheduled {
            // A schedule has no payload, nor the defaults that the schema fills in.
            let mut payload: Value = serde_json::from_str(DEFAULTS).unwrap();
            let given: Value = serde_json::from_str(PAYLOAD).unwrap();
            payload.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
            let task = definition["task"].take();
            definition["task"] = json!({"$let": {"payload": payload}, "in": task});
        }
        let hook: Hook = serde_json::from_value(definition).unwrap();
        let name = HookName::new("g", &hook.hook_id).unwrap();
        let created = Timestamp::now() - SignedDuration::from_hours(1);
        let stored = StoredHook::new(name.clone(), hook, created, Some(due));
        self.hooks.create(&stored).await.unwrap();
        self.names.push(name);
    }

    fn queue(&self, url: &str) -> SqsQueue {
        SqsQueue::new(aws_sdk_sqs::Client::new(&self.meter.config()), url)
    }

    /// A call of the API: with credentials, or to a path that has a token.
    async fn call(&self, path: &str, signed: bool) -> Used {
        let path = format!("/api/hooks/v1/hooks/{path}");
        let now = Timestamp::now();
        let target = Target { method: "POST", resource: &path, host: "localhost", port: 80 };
        let nonce = now.as_nanosecond().to_string();
        let unsigned = Unsigned { ts: now.as_second(), nonce: &nonce, hash: None, ext: None };
        let mut request = http::Request::post(&path).header("host", "localhost");
        if signed {
            let header = Signer::new("root", TOKEN).header(&target, &unsigned).unwrap();
            request = request.header("authorization", header);
        }
        let request = request.header("content-type", "application/json").body(Bytes::from(PAYLOAD)).unwrap();
        self.meter.take();
        let response = self.service.respond(ROUTES, &Request::complete(request)).await;
        assert!(response.status().is_success(), "{}", String::from_utf8_lossy(response.body()));
        self.meter.take()
    }

    /// triggerHook, by a client that the process knows already.
    pub(crate) async fn by_client(&self) -> Used {
        let path = format!("{}/trigger", self.names[0]);
        self.call(&path, true).await;
        self.call(&path, true).await
    }

    /// triggerHookWithToken.
    pub(crate) async fn by_token(&self) -> Used {
        let hook = self.hooks.get(&self.names[0]).await.unwrap().unwrap();
        let token = self.master_key.trigger_token(&hook.name, hook.token_generation);
        self.call(&format!("{}/trigger/{token}", hook.name), false).await
    }

    /// All hooks by their schedules, at once; for each of them.
    pub(crate) async fn by_schedule(&self) -> Used {
        let tick = Tick {
            index: self.hooks.clone(),
            queue: Arc::new(self.queue(FIRINGS)),
            master_key: self.master_key.clone(),
            period: Duration::from_secs(60),
            clock: Timestamp::now,
            trace: None,
        };
        self.meter.take();
        let report = tick.run(Timestamp::MAX).await;
        assert!(report.sent == self.names.len() && report.is_complete(), "{report:?}");
        let ticked = self.meter.take();
        // A tick looks for hooks, whether there are any or not.
        assert_eq!(tick.run(Timestamp::MAX).await.sent, 0);
        let idle = self.meter.take();
        assert_eq!(idle, Used { reads: IDLE_TICK, ..Used::default() });
        (ticked - idle) / self.count() + self.fire_queued().await
    }

    /// All hooks by a broker's message each, at once; for each of them.
    pub(crate) async fn by_message(&self) -> Used {
        let message = |number: usize| PulseMessage {
            id: number.to_string(),
            exchange: "exchange/e".to_owned(),
            routing_key: format!("{number}.x"),
            cc: Vec::new(),
            payload: serde_json::from_str(PAYLOAD).unwrap(),
            received: Timestamp::now(),
            unreadable: None,
            trace: None,
        };
        let messages: Vec<PulseMessage> = (0..self.names.len()).map(message).collect();
        self.meter.take();
        for sent in PulseQueue::send(&self.queue(MESSAGES), &messages).await {
            sent.unwrap();
        }
        let firings = Arc::new(self.queue(FIRINGS));
        let (hooks, key) = (self.hooks.clone(), self.master_key.clone());
        let dispatcher = Dispatcher::new(hooks.clone(), hooks, self.fires.clone(), firings, key);
        for fired in dispatcher.dispatch(&messages, Timestamp::now()).await {
            assert_eq!(fired.unwrap(), 1);
        }
        self.meter.take() / self.count() + self.fire_queued().await
    }

    /// What waits in the queue of firings; for each of them.
    async fn fire_queued(&self) -> Used {
        let messages = self.meter.receive(FIRINGS);
        assert_eq!(messages.len(), self.names.len());
        let consumer = Consumer {
            hooks: self.hooks.clone(),
            engine: self.service.engine.clone(),
            cds: None,
            budget: Duration::from_secs(20),
            clock: Timestamp::now,
        };
        self.meter.take();
        for message in messages {
            let outcome = consumer.consume(&message, Attempt::Retried).await.unwrap();
            assert!(matches!(outcome, Outcome::Fired(_)), "{outcome:?}");
        }
        assert_eq!(self.meter.receive(TASKS).len(), self.names.len());
        self.meter.take() / self.count()
    }

    fn count(&self) -> f64 {
        f64::from(u32::try_from(self.names.len()).unwrap())
    }
}

/// What the hooks' tasks may.
fn role() -> RoleEntry {
    RoleEntry {
        role_id: "hook-id:g/*".into(),
        description: String::new(),
        scopes: vec!["queue:*".into()],
        last_modified: Timestamp::now(),
    }
}

fn root() -> NewClient {
    NewClient {
        client_id: "root".into(),
        access_token: AccessToken::new(TOKEN),
        scopes: vec!["*".into()],
        expires: Timestamp::MAX,
        description: String::new(),
        created: Timestamp::now(),
    }
}
