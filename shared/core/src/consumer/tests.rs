use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::json;

use super::*;
use crate::firing::FireRecord;
use crate::hook::Hook;
use crate::known_hooks::KnownHooks;
use crate::ports::{
    Claim, ClientCredentials, CreatedTask, Credentials, FireStore, HealthStore, NewTask, Page, PageRequest,
    Sink, SinkError,
};
use crate::scope::Roles;
use crate::slugid::SlugId;
use crate::streak::Health;

/// Hooks, and a sink that refuses what it is told to.
#[derive(Default)]
struct World {
    hooks: Arc<KnownHooks>,
    refusals: Mutex<Vec<SinkError>>,
    records: Mutex<Vec<FireRecord>>,
    /// The taskIds that tasks were created with, each time.
    created: Mutex<Vec<SlugId>>,
    /// How often the next records can't be written.
    broken: Mutex<u32>,
    health: Mutex<Vec<Health>>,
}

#[async_trait]
impl FireStore for World {
    async fn claim(&self, _: &StoredHook, _: &Firing) -> Result<Claim, StoreError> {
        // That it is, whoever claims it.
        Ok(Claim::New)
    }

    async fn record(&self, record: &FireRecord) -> Result<bool, StoreError> {
        let mut broken = self.broken.lock().unwrap();
        if *broken > 0 {
            *broken -= 1;
            return Err(StoreError::Unavailable { operation: "record".into(), source: "throttled".into() });
        }
        self.records.lock().unwrap().push(record.clone());
        Ok(true)
    }

    async fn list(&self, _: &StoredHook, _: &PageRequest) -> Result<Page<FireRecord>, StoreError> {
        unreachable!()
    }
}

#[async_trait]
impl Credentials for World {
    async fn client(&self, _: &str) -> Result<Option<ClientCredentials>, StoreError> {
        unreachable!()
    }

    async fn roles(&self) -> Result<Arc<Roles>, StoreError> {
        unreachable!()
    }
}

#[async_trait]
impl HealthStore for World {
    async fn set_health(&self, _: &StoredHook, health: &Health) -> Result<bool, StoreError> {
        self.health.lock().unwrap().push(health.clone());
        Ok(true)
    }
}

#[async_trait]
impl Sink for World {
    async fn create_task(&self, task: NewTask<'_>) -> Result<CreatedTask, SinkError> {
        self.created.lock().unwrap().push(task.firing.task_id.clone());
        self.refusals.lock().unwrap().pop().map_or(Ok(CreatedTask::default()), Err)
    }

    async fn check(&self) -> Result<(), SinkError> {
        unreachable!()
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn hook(schedule: &[&str], task: serde_json::Value) -> StoredHook {
    let definition: Hook = serde_json::from_value(json!({
        "hookGroupId": "g", "hookId": "h", "task": task, "triggerSchema": {}, "schedule": schedule,
        "metadata": {"name": "n", "description": "d", "owner": "o"},
    }))
    .unwrap();
    StoredHook::new("g/h".parse().unwrap(), definition, at("2026-11-27T10:00:00Z"), None)
}

fn message(fired_by: FiredBy, created: &str) -> String {
    let firing = Firing {
        task_id: SlugId::from_bytes([7; 16]),
        hook: "g/h".parse().unwrap(),
        fired_by,
        payload: None,
        client_id: None,
        created: at(created),
        trace: None,
    };
    serde_json::to_string(&firing).unwrap()
}

fn consumer(world: World) -> (Consumer, Arc<World>) {
    let world = Arc::new(world);
    let engine = Engine {
        trace_in_tasks: false,
        gates: None,
        sink: world.clone(),
        fires: world.clone(),
        credentials: world.clone(),
        health: world.clone(),
    };
    let clock = || at("2026-11-27T12:00:00Z");
    (Consumer { hooks: world.hooks.clone(), engine, cds: None, budget: Duration::from_secs(1), clock }, world)
}

fn with(hook: StoredHook) -> World {
    World { hooks: Arc::new(KnownHooks::new([hook])), ..World::default() }
}

#[tokio::test]
async fn what_is_no_longer_to_be_fired_is_dropped() {
    let hourly = || with(hook(&["0 * * * *"], json!({})));
    let in_paris = || with(hook(&["cronexpr Europe/Paris 30 12 * * *"], json!({})));
    let cases = [
        (World::default(), FiredBy::Schedule, "2026-11-27T11:00:00Z", Some("the hook is gone")),
        (in_paris(), FiredBy::Schedule, "2026-11-27T11:30:00Z", None),
        (in_paris(), FiredBy::Schedule, "2026-11-27T12:30:00Z", Some("the occurrence is no longer")),
        (hourly(), FiredBy::Schedule, "2026-11-27T11:00:00Z", None),
        (hourly(), FiredBy::Schedule, "2026-11-27T11:30:00Z", Some("the occurrence is no longer")),
        (hourly(), FiredBy::Schedule, "2026-11-27T09:00:00Z", Some("the hook has been created anew")),
        (hourly(), FiredBy::PulseMessage, "2026-11-27T11:30:00Z", None),
        (hourly(), FiredBy::PulseMessage, "2026-11-27T09:30:00Z", Some("the hook has been created anew")),
    ];
    for (world, fired_by, created, dropped) in cases {
        let (consumer, world) = consumer(world);
        let outcome = consumer.consume(&message(fired_by, created), Attempt::Retried).await.unwrap();
        match (outcome, dropped) {
            (Outcome::Fired(_), None) => assert_eq!(world.records.lock().unwrap().len(), 1),
            (Outcome::Dropped(why), Some(expected)) => {
                assert!(why.starts_with(expected), "{why}");
                assert!(world.records.lock().unwrap().is_empty());
            }
            (outcome, _) => panic!("{created}: {outcome:?}"),
        }
    }
}

#[tokio::test]
async fn what_may_pass_comes_again_until_the_last_time() {
    let unavailable =
        || SinkError::Unavailable { reason: "no answer".into(), status: None, body: None, source: None };
    let world =
        World { refusals: Mutex::new(vec![unavailable(), unavailable()]), ..with(hook(&[], json!({}))) };
    let (consumer, world) = consumer(world);
    let message = message(FiredBy::PulseMessage, "2026-11-27T11:00:00Z");
    let error = consumer.consume(&message, Attempt::Retried).await.unwrap_err();
    assert_eq!(error.to_string(), "hook g/h can't be fired now");
    assert!(world.records.lock().unwrap().is_empty());
    let outcome = consumer.consume(&message, Attempt::Last).await.unwrap();
    assert!(matches!(outcome, Outcome::Failed(..)));
    assert_eq!(world.records.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_death_between_the_task_and_its_record_is_made_good() {
    let (consumer, world) = consumer(World { broken: Mutex::new(1), ..with(hook(&[], json!({}))) });
    let message = message(FiredBy::PulseMessage, "2026-11-27T11:00:00Z");
    let error = consumer.consume(&message, Attempt::Retried).await.unwrap_err();
    assert!(matches!(error, ConsumeError::Store(_)), "{error}");
    // Meanwhile the hook changed, so that the sink finds another task of that taskId.
    world.hooks.put(hook(&[], json!({"changed": true})));
    let conflict = SinkError::Rejected {
        status: 409,
        code: "RequestConflict".into(),
        message: "exists".into(),
        body: None,
    };
    world.refusals.lock().unwrap().push(conflict);
    assert!(matches!(consumer.consume(&message, Attempt::Retried).await, Ok(Outcome::Fired(_))));
    let (created, records) = (world.created.lock().unwrap(), world.records.lock().unwrap());
    assert!(created.len() == 2 && created[0] == created[1], "{created:?}");
    assert_eq!((records.len(), &*records[0].error), (1, ""));
    assert!(world.health.lock().unwrap().is_empty(), "nobody is told of a failure");
}

#[tokio::test]
async fn a_fault_of_the_hooks_own_is_recorded_at_once() {
    let (consumer, world) = consumer(with(hook(&[], json!({"$eval": "nope"}))));
    let message = message(FiredBy::PulseMessage, "2026-11-27T11:00:00Z");
    let outcome = consumer.consume(&message, Attempt::Retried).await.unwrap();
    assert!(matches!(outcome, Outcome::Failed(..)));
    assert_eq!(world.records.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_no_firing_is_an_error() {
    let (consumer, _) = consumer(World::default());
    for message in ["", "{}", "null", "not JSON", r#"{"taskId":"x"}"#] {
        let error = consumer.consume(message, Attempt::Retried).await.unwrap_err();
        assert!(matches!(error, ConsumeError::Unreadable(_)), "{message}: {error}");
    }
}

#[test]
fn waits_double() {
    let seconds = |receives, random| backoff(receives, random).as_secs_f64();
    assert_eq!(seconds(1, 0.0), 5.0);
    assert_eq!(seconds(1, 1.0), 2.5);
    assert_eq!(seconds(4, 0.0), 40.0);
    assert_eq!(seconds(9, 0.0), 900.0);
    assert_eq!(seconds(u32::MAX, 1.0), 450.0);
}
