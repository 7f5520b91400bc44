//! What the dialect of CDS costs: accepting a request, and doing executions.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use treble_api::cds::{Memory, ROUTES, Service};
use treble_api::request::Request;
use treble_aws::cds::{CdsClient, CdsService};
use treble_aws::dynamodb::{
    DynamoExecutions, DynamoFires, DynamoRepositories, DynamoServiceState, TableNames,
};
use treble_aws::http::HttpClient;
use treble_aws::seal::TextSeal;
use treble_core::cds::{CdsApi as _, Processor, Rules, ServiceStateStore as _, hook_name};
use treble_core::consumer::{Attempt, Consumer, Outcome};
use treble_core::firing::{FiredBy, Firing};
use treble_core::ports::{DelayedFiring, FiringQueue, QueueError};
use treble_core::secret::MasterKey;
use treble_embedded::Embedded;
use treble_tests::{Cds, node_hook};

use super::{World, calls};

const URL: &str = "http://localhost";

/// Keeps the firings that it is given.
#[derive(Default)]
struct KeepingQueue(Mutex<Vec<Firing>>);

#[async_trait]
impl FiringQueue for KeepingQueue {
    async fn send(&self, firings: &[DelayedFiring]) -> Vec<Result<(), QueueError>> {
        self.0.lock().unwrap().extend(firings.iter().map(|delayed| delayed.firing.clone()));
        firings.iter().map(|_| Ok(())).collect()
    }
}

/// A service that a CDS knows, on the same database.
struct Site {
    database: Embedded,
    service: Service,
    consumer: Consumer,
    queue: Arc<KeepingQueue>,
    cds: Cds,
}

impl Site {
    async fn new() -> Self {
        let World { database, service, .. } = World::new().await;
        let (client, tables) = (database.sdk_client(), TableNames::with_prefix("t"));
        let (master_key, cds) = (MasterKey::new([7; 32]), Cds::start("token"));
        let executions = Arc::new(DynamoExecutions::new(client.clone(), &tables.fires));
        let claims = Arc::new(DynamoFires::new(client.clone(), &tables.fires));
        let state = Arc::new(DynamoServiceState::new(client.clone(), &tables.auth, &master_key));
        let queue = Arc::new(KeepingQueue::default());
        let api = Arc::new(CdsClient::new(
            HttpClient::new(),
            CdsService {
                api_url: cds.api_url().parse().unwrap(),
                token: Some("token".into()),
                name: "treble".into(),
                public_url: URL.into(),
            },
        ));
        let registration = api.register(&json!({})).await.unwrap();
        state.set_registration(Timestamp::now(), Ok(&registration.hash)).await.unwrap();
        let processor = Processor {
            executions: executions.clone(),
            claims: claims.clone(),
            state: state.clone(),
            api,
            queue: queue.clone(),
            rules: Rules::default(),
            clock: Timestamp::now,
        };
        let consumer = Consumer {
            hooks: service.hooks.clone(),
            engine: service.engine,
            cds: Some(processor),
            budget: Duration::from_secs(20),
            clock: Timestamp::now,
        };
        let service = Service {
            hooks: service.hooks,
            executions,
            repositories: Arc::new(DynamoRepositories::new(client, &tables.hooks)),
            claims,
            queue: queue.clone(),
            state,
            seal: Arc::new(TextSeal::new(&master_key)),
            master_key,
            public_url: URL.into(),
            history: Rules::default().history,
            version: "test",
            now: Timestamp::now,
            memory: Memory::default(),
        };
        let site = Self { database, service, consumer, queue, cds };
        // The hash is remembered from the first call on, as in any process but a new one.
        site.call(Method::GET, "/task?limit=0", &[], &Value::Null).await;
        site
    }

    /// A call of CDS's, or of anybody's to a URL: what it cost.
    async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> BTreeMap<&'static str, u64> {
        let mut request = http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request
            .header("x_auth_header", self.cds.auth_header())
            .header("content-type", "application/json")
            .body(body.to_string().into())
            .unwrap();
        self.database.take_calls();
        let response = self.service.respond(ROUTES, &Request::complete(request)).await;
        assert!(response.status().is_success(), "{path}: {}", String::from_utf8_lossy(response.body()));
        self.database.take_calls()
    }

    /// Does an execution to its end: what that cost.
    async fn does(&self, firing: &Firing) -> BTreeMap<&'static str, u64> {
        self.database.take_calls();
        let message = serde_json::to_string(firing).unwrap();
        let outcome = self.consumer.consume(&message, Attempt::Retried).await.unwrap();
        assert!(matches!(outcome, Outcome::Fired(_)), "{outcome:?}");
        self.database.take_calls()
    }

    fn sent(&self) -> Vec<Firing> {
        std::mem::take(&mut self.queue.0.lock().unwrap())
    }
}

#[tokio::test]
async fn a_webhooks_execution_costs_what_it_must() {
    let site = Site::new().await;
    let task = node_hook("u", "WebHook", &json!({}));
    let saved = site.call(Method::POST, "/task", &[], &task).await;
    // The counts of executions are told.
    assert_eq!(saved, calls([("GetItem", 2), ("TransactWriteItems", 1)]));

    let (path, body) = ("/webhook/u", json!({"a": 1}));
    let accepted = site.call(Method::POST, path, &[], &body).await;
    assert_eq!(accepted, calls([("GetItem", 1), ("TransactWriteItems", 1)]));
    // An event with a name is claimed besides; when it comes again, what became of it is read.
    let named = [("webhook-id", "e")];
    let claimed = site.call(Method::POST, path, &named, &body).await;
    assert_eq!(claimed, calls([("GetItem", 1), ("PutItem", 1), ("TransactWriteItems", 1)]));
    let again = site.call(Method::POST, path, &named, &body).await;
    assert_eq!(again, calls([("GetItem", 2), ("PutItem", 1), ("Query", 1)]));

    let sent = site.sent();
    assert_eq!(sent.len(), 3, "the last of which is the second's");
    // Read are the task, the execution, the state at CDS, and what might be cleaned away; written that it is being done, and
    // then, with the counts, that it is over.
    let done = site.does(&sent[0]).await;
    assert_eq!(done, calls([("GetItem", 1), ("Query", 3), ("UpdateItem", 1), ("TransactWriteItems", 1)]));
    assert_eq!(site.cds.runs().len(), 1);
}

#[tokio::test]
async fn a_scheduled_execution_costs_what_it_must() {
    let site = Site::new().await;
    let task = node_hook("u", "Scheduler", &json!({"cron": "* * * * *"}));
    site.call(Method::POST, "/task", &[], &task).await;
    let name = hook_name("u").unwrap();
    let at = site.service.hooks.get(&name).await.unwrap().unwrap().due_at.unwrap();
    let firing = Firing {
        task_id: site.service.master_key.occurrence_task_id(&name, at),
        hook: name,
        fired_by: FiredBy::Schedule,
        payload: None,
        client_id: None,
        created: at,
        trace: None,
    };
    // As a request's, and it is stored first.
    let done = site.does(&firing).await;
    assert_eq!(done, calls([("GetItem", 1), ("Query", 3), ("UpdateItem", 1), ("TransactWriteItems", 2)]));
    assert_eq!(site.cds.runs().len(), 1);
}
