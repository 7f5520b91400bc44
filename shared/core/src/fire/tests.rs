use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::json;

use super::*;
use crate::firing::FiredBy;
use crate::hook::{Hook, Metadata};
use crate::ports::{ClientCredentials, CreatedTask, Page, PageRequest};
use crate::scope::Roles;
use crate::trace::TraceContext;

/// The most bytes of a status that the store of records takes.
const MOST: usize = 1000;

/// A sink, a store of records and roles, in memory.
#[derive(Default)]
pub(super) struct World {
    /// The sink's next answers; it takes the task when there is none.
    refusals: Mutex<Vec<SinkError>>,
    /// A record that is written by another process while the sink refuses.
    late: Mutex<Option<FireRecord>>,
    /// What the sink tells of each task.
    status: Option<Value>,
    pub(super) tasks: Mutex<HashMap<SlugId, Value>>,
    claims: Mutex<HashMap<SlugId, (Timestamp, Option<TraceContext>)>>,
    pub(super) records: Mutex<HashMap<SlugId, FireRecord>>,
    roles: Vec<(String, Vec<String>)>,
    pub(super) health: Mutex<Health>,
}

#[async_trait]
impl HealthStore for World {
    async fn set_health(&self, _: &StoredHook, health: &Health) -> Result<bool, StoreError> {
        *self.health.lock().unwrap() = health.clone();
        Ok(true)
    }
}

#[async_trait]
impl Sink for World {
    async fn create_task(&self, task: NewTask<'_>) -> Result<CreatedTask, SinkError> {
        if let Some(refusal) = self.refusals.lock().unwrap().pop() {
            if let Some(record) = self.late.lock().unwrap().take() {
                self.records.lock().unwrap().insert(record.task_id.clone(), record);
            }
            return Err(refusal);
        }
        self.tasks.lock().unwrap().insert(task.firing.task_id.clone(), task.definition.clone());
        Ok(CreatedTask { status: self.status.clone() })
    }

    async fn check(&self) -> Result<(), SinkError> {
        Ok(())
    }
}

#[async_trait]
impl FireStore for World {
    async fn claim(&self, _: &StoredHook, firing: &Firing) -> Result<Claim, StoreError> {
        let mut claims = self.claims.lock().unwrap();
        if let Some(&(created, trace)) = claims.get(&firing.task_id) {
            let record = self.records.lock().unwrap().get(&firing.task_id).cloned().map(Box::new);
            return Ok(Claim::Earlier { created, trace, record });
        }
        claims.insert(firing.task_id.clone(), (firing.created, firing.trace));
        Ok(Claim::New)
    }

    async fn record(&self, record: &FireRecord) -> Result<bool, StoreError> {
        if record.status.as_ref().is_some_and(|status| status.to_string().len() > MOST) {
            return Err(StoreError::TooLarge { what: "the record".into() });
        }
        let mut records = self.records.lock().unwrap();
        if records.get(&record.task_id).is_some_and(|earlier| earlier.result == FireResult::Success) {
            return Ok(false);
        }
        records.insert(record.task_id.clone(), record.clone());
        Ok(true)
    }

    async fn list(&self, _: &StoredHook, _: &PageRequest) -> Result<Page<FireRecord>, StoreError> {
        unreachable!("firing lists nothing")
    }
}

#[async_trait]
impl Credentials for World {
    async fn client(&self, _: &str) -> Result<Option<ClientCredentials>, StoreError> {
        unreachable!("firing asks for no client")
    }

    async fn roles(&self) -> Result<Arc<Roles>, StoreError> {
        Ok(Arc::new(Roles::new(self.roles.clone())))
    }
}

impl World {
    /// One whose sink gives these answers, the last one first.
    pub(super) fn refusing(refusals: Vec<SinkError>) -> Self {
        Self { refusals: Mutex::new(refusals), ..Self::default() }
    }
}

pub(super) fn engine(world: World) -> (Engine, Arc<World>) {
    let world = Arc::new(world);
    let engine = Engine {
        sink: world.clone(),
        fires: world.clone(),
        credentials: world.clone(),
        health: world.clone(),
        trace_in_tasks: false,
        gates: None,
    };
    (engine, world)
}

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

pub(super) fn hook(task: Value) -> StoredHook {
    let metadata =
        Metadata { name: "n".into(), description: "d".into(), owner: "o".into(), email_on_error: true };
    let definition = Hook {
        hook_id: "h".into(),
        hook_group_id: "g".into(),
        bindings: vec![],
        metadata,
        task,
        schedule: vec![],
        trigger_schema: json!({}),
        cds: None,
    };
    StoredHook::new("g/h".parse().unwrap(), definition, at(0), None)
}

pub(super) fn firing(payload: Value) -> Firing {
    Firing {
        task_id: SlugId::from_bytes([7; 16]),
        hook: "g/h".parse().unwrap(),
        fired_by: FiredBy::TriggerHook,
        payload: Some(payload),
        client_id: Some("me".into()),
        created: at(1000),
        trace: None,
    }
}

pub(super) fn options(now: i64) -> FireOptions {
    FireOptions {
        task_id: TaskIdOrigin::Caller,
        retried: false,
        budget: Duration::from_secs(1),
        now: at(now),
    }
}

#[tokio::test]
async fn a_firing_creates_its_task_and_is_recorded() {
    let (engine, world) = engine(World::default());
    let hook = hook(json!({"a": {"$eval": "payload.x"}, "by": "${firedBy} ${clientId} ${taskId} ${now}"}));
    let Fired::Created { task_id, status } =
        engine.fire(&hook, firing(json!({"x": [1]})), options(1001)).await.unwrap()
    else {
        panic!("declined")
    };
    let task = world.tasks.lock().unwrap()[&task_id].clone();
    assert_eq!(task["a"], json!([1]));
    assert_eq!(task["by"], format!("triggerHook me {task_id} 1970-01-01T00:16:40.000Z"));
    assert_eq!(task["created"], "1970-01-01T00:16:40.000Z");
    let record = world.records.lock().unwrap()[&task_id].clone();
    assert_eq!(
        (record.result, record.error.as_str(), record.task_created),
        (FireResult::Success, "", at(1001))
    );
    assert_eq!(record.status, Some(status));
}

#[tokio::test]
async fn the_same_firing_again_is_answered_from_its_record() {
    let (engine, world) = engine(World::default());
    let hook = hook(json!({}));
    let first = engine.fire(&hook, firing(json!({})), options(1001)).await.unwrap();
    let again = Firing { created: at(5000), ..firing(json!({})) };
    assert_eq!(engine.fire(&hook, again, options(5001)).await.unwrap(), first);
    assert_eq!(world.records.lock().unwrap()[&SlugId::from_bytes([7; 16])].task_created, at(1001));
}

#[tokio::test]
async fn a_firing_that_failed_is_done_again_as_of_its_first_moment() {
    let unavailable =
        SinkError::Unavailable { reason: "no answer".into(), status: None, body: None, source: None };
    let (engine, world) = engine(World { refusals: Mutex::new(vec![unavailable]), ..World::default() });
    let (engine, hook) = (Engine { trace_in_tasks: true, ..engine }, hook(json!({})));
    let first = Firing { trace: trace(1), ..firing(json!({})) };
    let error = engine.fire(&hook, first, options(1001)).await.unwrap_err();
    assert!(matches!(&error, FireError::Sink { role_id, .. } if role_id == "hook-id:g/h"));
    let record = world.records.lock().unwrap()[&SlugId::from_bytes([7; 16])].clone();
    assert_eq!(record.result, FireResult::Error);
    assert!(record.error.contains("\"message\": \"no answer\""), "{}", record.error);

    let again = Firing { created: at(5000), trace: trace(2), ..firing(json!({})) };
    assert!(matches!(engine.fire(&hook, again, options(5001)).await, Ok(Fired::Created { .. })));
    let task = world.tasks.lock().unwrap()[&SlugId::from_bytes([7; 16])].clone();
    assert_eq!(task["created"], "1970-01-01T00:16:40.000Z");
    assert_eq!(task["extra"], json!({"traceparent": trace(1).unwrap().to_string()}));
    assert_eq!(world.records.lock().unwrap()[&SlugId::from_bytes([7; 16])].result, FireResult::Success);
}

fn trace(number: u8) -> Option<TraceContext> {
    TraceContext::from_traceparent(&format!(
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00000000000000{number:02x}-01"
    ))
}

#[tokio::test]
async fn a_task_says_its_trace_only_if_asked() {
    for trace_in_tasks in [false, true] {
        let (engine, world) = engine(World::default());
        let engine = Engine { trace_in_tasks, ..engine };
        let firing = Firing { trace: trace(1), ..firing(json!({})) };
        engine.fire(&hook(json!({})), firing, options(1001)).await.unwrap();
        let task = world.tasks.lock().unwrap()[&SlugId::from_bytes([7; 16])].clone();
        assert_eq!(task.get("extra").is_some(), trace_in_tasks, "{task}");
    }
}

#[tokio::test]
async fn a_failure_beside_a_success_of_the_same_firing_is_that_success() {
    let (engine, world) = engine(World::default());
    let hook = hook(json!({}));
    let first = engine.fire(&hook, firing(json!({})), options(1001)).await.unwrap();
    // As if the first had not been recorded yet when the second claimed the taskId.
    let record = world.records.lock().unwrap().remove(&SlugId::from_bytes([7; 16])).unwrap();
    let conflict = || SinkError::Rejected {
        status: 409,
        code: "RequestConflict".into(),
        message: "exists".into(),
        body: None,
    };
    world.late.lock().unwrap().replace(record);
    world.refusals.lock().unwrap().push(conflict());
    assert_eq!(engine.fire(&hook, firing(json!({"other": 1})), options(1002)).await.unwrap(), first);
}

#[tokio::test]
async fn a_status_too_large_to_keep_is_told_but_not_kept() {
    let status = json!({"taskId": "x".repeat(MOST)});
    let (engine, world) = engine(World { status: Some(status.clone()), ..World::default() });
    let fired = engine.fire(&hook(json!({})), firing(json!({})), options(1)).await.unwrap();
    assert!(matches!(fired, Fired::Created { status: told, .. } if told == status));
    let record = world.records.lock().unwrap()[&SlugId::from_bytes([7; 16])].clone();
    assert_eq!((record.result, record.status), (FireResult::Success, None));
}

#[tokio::test]
async fn nothing_rendered_is_nothing_done() {
    for nothing in [json!({"$if": "false", "then": {}}), json!({"$eval": "''"}), json!({"$eval": "0"})] {
        let (engine, world) = engine(World::default());
        let fired = engine.fire(&hook(nothing.clone()), firing(json!({})), options(1)).await.unwrap();
        assert_eq!(fired, Fired::Declined, "{nothing}");
        assert!(world.records.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn what_no_task_can_be_made_of_is_an_error_on_record() {
    let cases = [
        (json!({"x": {"$eval": "nope"}}), "unknown context value nope"),
        (json!({"$eval": "'text'"}), "rendered to a string"),
        (json!({"$eval": "[1]"}), "rendered to an array"),
        (json!({"scopes": "all"}), "scopes are not an array of strings"),
    ];
    for (template, message) in cases {
        let (engine, world) = engine(World::default());
        let error = engine.fire(&hook(template), firing(json!({})), options(1)).await.unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert!(world.records.lock().unwrap()[&SlugId::from_bytes([7; 16])].error.contains(message));
        assert!(world.tasks.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_task_has_no_more_authority_than_its_hooks_role() {
    let roles = vec![("hook-id:g/*".to_owned(), vec!["queue:route:<..>".to_owned(), "a:*".to_owned()])];
    let (engine, _) = engine(World { roles, ..World::default() });
    let allowed = hook(json!({"scopes": ["a:b", "queue:route:h"]}));
    assert!(engine.fire(&allowed, firing(json!({})), options(1)).await.is_ok());
    let denied = Firing { task_id: SlugId::from_bytes([8; 16]), ..firing(json!({})) };
    let error = engine.fire(&hook(json!({"scopes": ["a:b", "b"]})), denied, options(1)).await.unwrap_err();
    let FireError::InsufficientScopes { role_id, missing } = error else { panic!("{error}") };
    assert_eq!((role_id.as_str(), missing), ("hook-id:g/h", vec!["b".to_owned()]));
}

pub(super) fn from_queue(now: i64) -> FireOptions {
    FireOptions { task_id: TaskIdOrigin::Queue, retried: true, ..options(now) }
}

pub(super) fn unavailable() -> SinkError {
    SinkError::Unavailable { reason: "no answer".into(), status: None, body: None, source: None }
}

pub(super) fn conflict() -> SinkError {
    SinkError::Rejected { status: 409, code: "RequestConflict".into(), message: "exists".into(), body: None }
}

#[tokio::test]
async fn a_failure_that_may_pass_is_left_to_the_queue() {
    let (engine, world) = engine(World { refusals: Mutex::new(vec![unavailable()]), ..World::default() });
    let hook = hook(json!({}));
    let error = engine.fire(&hook, firing(json!({})), from_queue(1)).await.unwrap_err();
    assert!(error.may_pass());
    assert!(world.records.lock().unwrap().is_empty());
    assert_eq!(*world.health.lock().unwrap(), Health::default());
    assert!(engine.fire(&hook, firing(json!({})), from_queue(2)).await.is_ok());
}

#[tokio::test]
async fn a_task_that_an_earlier_delivery_created_is_this_firings() {
    let (engine, world) = engine(World { refusals: Mutex::new(vec![conflict()]), ..World::default() });
    assert!(matches!(
        engine.fire(&hook(json!({})), firing(json!({})), from_queue(1)).await,
        Ok(Fired::Created { .. })
    ));
    let record = world.records.lock().unwrap()[&SlugId::from_bytes([7; 16])].clone();
    assert_eq!(record.result, FireResult::Success);
}

#[tokio::test]
async fn of_two_deliveries_of_a_message_the_first_ones_moment_counts() {
    let (engine, world) = engine(World::default());
    let hook = hook(json!({}));
    let options = FireOptions { task_id: TaskIdOrigin::Message, ..from_queue(1) };
    engine.fire(&hook, firing(json!({})), options).await.unwrap();
    let again = Firing { created: at(2000), ..firing(json!({})) };
    engine.fire(&hook, again, options).await.unwrap();
    let records = world.records.lock().unwrap();
    assert_eq!((records.len(), records[&SlugId::from_bytes([7; 16])].created), (1, at(1000)));
}

#[tokio::test]
async fn a_streak_begins_with_a_failure_and_ends_with_a_success() {
    let (engine, world) = engine(World { refusals: Mutex::new(vec![conflict()]), ..World::default() });
    let mut hook = hook(json!({}));
    engine.fire(&hook, firing(json!({})), options(5)).await.unwrap_err();
    hook.health = world.health.lock().unwrap().clone();
    let streak = hook.health.failing.clone().unwrap();
    assert_eq!((streak.since, &*streak.error), (at(5), "exists"));
    engine.fire(&hook, firing(json!({})), options(6)).await.unwrap();
    assert_eq!(world.health.lock().unwrap().failing, None);
}

#[tokio::test]
async fn a_failure_after_a_success_of_the_same_firing_is_no_failure() {
    let (engine, world) = engine(World::default());
    let hook = hook(json!({}));
    engine.fire(&hook, firing(json!({})), from_queue(1)).await.unwrap();
    let broken = StoredHook { definition: self::hook(json!({"$eval": "nope"})).definition, ..hook };
    assert!(engine.fire(&broken, firing(json!({})), from_queue(2)).await.is_ok());
    assert_eq!(*world.health.lock().unwrap(), Health::default());
}
