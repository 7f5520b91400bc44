//! Whoever tells, delivers or ticks is killed, before or after each request that they make, one run for each: nothing is lost.

use std::collections::BTreeMap;
use std::future::{Future, pending};
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::Notify;
use treble_aws::dynamodb::{DynamoGates, DynamoHooks};
use treble_core::gate::ports::{
    DeliveryFilter, DeliveryStore, DueLanes, GateReply, GateRequest, IntegratorClient, IntegratorStore,
    Unanswered, Wake, WakeQueue,
};
use treble_core::gate::{Deliverer, DeliveryId, DeliveryStatus, Event, Gates, IntegratorName, wake_due};
use treble_core::notice::Notice;
use treble_core::ports::{MailError, Mailer, QueueError};
use treble_core::secret::MasterKey;
use treble_embedded::Embedded;

use super::integrators::integrator;
use super::{name, now, seconds};
use crate::support::{Stores, all};

const DELIVERIES: usize = 2;
/// How often the endpoint fails before it works.
const FAILURES: usize = 1;
const TICK: Duration = Duration::from_secs(60);
/// When a message is received again whose receiver died: later than their lease ends.
const VISIBILITY: i64 = 90;

/// The clock of the run, as seconds since [`now`], and its random numbers.
static SECONDS: AtomicI64 = AtomicI64::new(0);
static NUMBERS: AtomicU64 = AtomicU64::new(0);

fn clock() -> Timestamp {
    now() + seconds(SECONDS.load(Ordering::SeqCst))
}

fn random() -> u64 {
    NUMBERS.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst)
}

/// Kills at one step of all.
#[derive(Debug)]
struct Reaper {
    steps: AtomicUsize,
    at: usize,
    came: Notify,
}

impl Reaper {
    async fn step(&self) {
        if self.steps.fetch_add(1, Ordering::SeqCst) == self.at {
            self.came.notify_one();
            pending::<()>().await;
        }
    }

    /// What comes of a life; None where it ends before.
    async fn spare<T>(&self, life: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            outcome = life => Some(outcome),
            () = self.came.notified() => None,
        }
    }
}

/// The database, the queue and the endpoint, each of whose calls may be the last.
#[derive(Debug, Clone)]
struct Mortal {
    reaper: Arc<Reaper>,
    database: Embedded,
    /// Who is to be looked at, from when on.
    queue: Arc<Mutex<Vec<(i64, IntegratorName)>>>,
    /// What the endpoint got, and whether it took it.
    received: Arc<Mutex<Vec<(String, bool)>>>,
}

impl HttpClient for Mortal {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Mortal {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { reaper, database, .. } = self.clone();
        HttpConnectorFuture::new(async move {
            reaper.step().await;
            let target = request.headers().get("x-amz-target").unwrap();
            let (status, reply) = database.dispatch(target, request.body().bytes().unwrap());
            reaper.step().await;
            let status = StatusCode::try_from(status).unwrap();
            Ok(HttpResponse::new(status, SdkBody::from(reply)))
        })
    }
}

#[async_trait]
impl WakeQueue for Mortal {
    async fn send(&self, wakes: &[Wake]) -> Vec<Result<(), QueueError>> {
        self.reaper.step().await;
        for wake in wakes {
            let at = SECONDS.load(Ordering::SeqCst) + i64::try_from(wake.delay.as_secs()).unwrap();
            self.queue.lock().unwrap().push((at, wake.integrator.clone()));
        }
        self.reaper.step().await;
        wakes.iter().map(|_| Ok(())).collect()
    }
}

#[async_trait]
impl IntegratorClient for Mortal {
    async fn post(&self, request: GateRequest<'_>) -> Result<GateReply, Unanswered> {
        self.reaper.step().await;
        let status = {
            let mut received = self.received.lock().unwrap();
            let works = received.len() >= FAILURES;
            received.push((request.id.to_owned(), works));
            if works { 204 } else { 503 }
        };
        self.reaper.step().await;
        // Longer than a queue can wait.
        let retry_after = (status == 503).then_some(Duration::from_secs(3000));
        Ok(GateReply { status, retry_after, body: Some(Vec::new()) })
    }
}

#[async_trait]
impl Mailer for Mortal {
    async fn send(&self, _: &Notice) -> Result<(), MailError> {
        Ok(())
    }
}

struct Run {
    mortal: Mortal,
    gates: Gates,
    deliverer: Deliverer,
    hooks: DynamoHooks,
    /// The same tables, for who only looks.
    index: DynamoHooks,
    store: DynamoGates,
}

impl Run {
    async fn new(kill_at: usize) -> Self {
        SECONDS.store(0, Ordering::SeqCst);
        let stores = Stores::new().await;
        let reaper = Arc::new(Reaper { steps: AtomicUsize::new(0), at: kill_at, came: Notify::new() });
        let database = stores.database.clone();
        let mortal = Mortal { reaper, database, queue: Arc::default(), received: Arc::default() };
        let config = stores.client.config().to_builder().http_client(mortal.clone()).build();
        let client = Client::from_conf(config);
        let key = MasterKey::new([7; 32]);
        let undisturbed = DynamoGates::new(stores.client.clone(), &stores.names.gates, &key);
        let acme = integrator("acme", &[Event::PostFire]);
        assert!(IntegratorStore::put(&undisturbed, None, &acme).await.unwrap());

        let store = Arc::new(DynamoGates::new(client.clone(), &stores.names.gates, &key));
        let hooks = DynamoHooks::new(client, &stores.names.hooks);
        let (this, own) = (Arc::new(mortal.clone()), store.clone());
        let gates = Gates {
            integrators: own.clone(),
            correlations: own.clone(),
            deliveries: own.clone(),
            wakes: this.clone(),
            client: this.clone(),
            clock,
            random,
        };
        let deliverer = Deliverer {
            integrators: own.clone(),
            deliveries: own.clone(),
            lanes: own,
            wakes: this.clone(),
            later: Arc::new(hooks.clone()),
            client: this.clone(),
            mailer: this,
            budget: Duration::from_secs(300),
            clock,
            random,
        };
        Self { mortal, gates, deliverer, hooks, index: stores.hooks, store: undisturbed }
    }

    /// Tells of what happened, until that is acknowledged; the ids of what came of it.
    async fn tell(&self) -> Vec<DeliveryId> {
        let mut ids = Vec::new();
        for number in 0..DELIVERIES {
            let (created, body) = (clock(), json!({"number": number}));
            let (body, seed) = (body.as_object().unwrap(), format!("seed {number}"));
            let told = loop {
                let telling = self.gates.tell(Event::PostFire, body, created, Some(&seed));
                if let Some(told) = self.mortal.reaper.spare(telling).await {
                    break told.unwrap();
                }
            };
            ids.extend(told.deliveries);
            SECONDS.fetch_add(1, Ordering::SeqCst);
        }
        ids
    }

    /// Does what is to be done until nothing is.
    async fn deliver(&self) {
        for _ in 0..500 {
            let next = {
                let mut queue = self.mortal.queue.lock().unwrap();
                queue.sort();
                if queue.is_empty() { None } else { Some(queue.remove(0)) }
            };
            match next {
                Some((at, integrator)) => {
                    SECONDS.fetch_max(at, Ordering::SeqCst);
                    match self.mortal.reaper.spare(self.deliverer.work(&integrator)).await {
                        Some(outcome) => drop(outcome.unwrap()),
                        None => {
                            let again = SECONDS.load(Ordering::SeqCst) + VISIBILITY;
                            self.mortal.queue.lock().unwrap().push((again, integrator));
                        }
                    }
                }
                None => {
                    let Some(lane) = DueLanes::due(&self.index, Timestamp::MAX, 1).await.unwrap().pop()
                    else {
                        return;
                    };
                    // The ticks before find nothing.
                    let tick = lane.at.duration_since(now()).as_secs() - 60;
                    SECONDS.fetch_max(tick, Ordering::SeqCst);
                    let ticking = wake_due(&self.hooks, &self.mortal, clock(), TICK);
                    if let Some(woken) = self.mortal.reaper.spare(ticking).await {
                        woken.unwrap();
                    }
                }
            }
        }
        panic!("there is no end of it");
    }
}

#[tokio::test]
async fn nothing_is_lost_whoever_is_killed() {
    for kill_at in 0.. {
        let run = Run::new(kill_at).await;
        let ids = run.tell().await;
        run.deliver().await;

        let acme = name("acme");
        assert_eq!(run.store.waiting(&acme, 10).await.unwrap(), [], "killed at {kill_at}");
        let listed =
            DeliveryStore::list(&run.store, &acme, DeliveryFilter::default(), &all()).await.unwrap().items;
        assert!(listed.iter().all(|one| one.status == DeliveryStatus::Delivered), "killed at {kill_at}");
        assert_eq!(listed.iter().map(|one| one.id.clone()).collect::<Vec<_>>(), ids, "killed at {kill_at}");

        let (mut taken, mut times) = (Vec::new(), BTreeMap::new());
        for (id, works) in &*run.mortal.received.lock().unwrap() {
            let times: &mut usize = times.entry(id.clone()).or_default();
            *times += usize::from(*works);
            if *works && *times == 1 {
                taken.push(id.clone());
            }
        }
        assert_eq!(taken, ids.iter().map(ToString::to_string).collect::<Vec<_>>(), "killed at {kill_at}");
        let steps = run.mortal.reaper.steps.load(Ordering::SeqCst);
        let was_killed = kill_at < steps;
        assert!(times.values().sum::<usize>() <= DELIVERIES + usize::from(was_killed), "killed at {kill_at}");
        if !was_killed {
            assert!(kill_at > 40, "{kill_at} steps are too few");
            return;
        }
    }
}
