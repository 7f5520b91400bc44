//! A task, a queue whose time passes as it is needed, and a CDS that answers what it is told to.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::SignedDuration;

use super::super::*;
use crate::cds::{Config, Counts, NodeHook, Registration, ServiceState, hook_name};
use crate::firing::{FireRecord, FiredBy};
use crate::hook::HookName;
use crate::ports::{Claim, Page, PageRequest};
use crate::slugid::SlugId;

/// What CDS makes of a run that it is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Answer {
    Run(u64),
    Status(u16),
    Down,
    Unregistered,
    /// It never answers: the process is killed.
    Hangs,
}

thread_local! {
    /// The present of the test that runs in this thread.
    static NOW: RefCell<Timestamp> = const { RefCell::new(Timestamp::UNIX_EPOCH) };
}

fn now() -> Timestamp {
    NOW.with_borrow(|now| *now)
}

#[derive(Default)]
struct Inner {
    executions: Mutex<BTreeMap<Timestamp, Execution>>,
    claims: Mutex<BTreeMap<String, Timestamp>>,
    messages: Mutex<Vec<(Timestamp, Firing)>>,
    answers: Mutex<VecDeque<Answer>>,
    maintenance: Mutex<bool>,
    runs: Mutex<usize>,
}

pub(super) struct World {
    inner: Arc<Inner>,
    hook: StoredHook,
}

impl World {
    /// A CDS that gives these answers, and runs 99 when it has given them.
    pub(super) fn new(answers: &[Answer]) -> Self {
        Self::of("Scheduler", answers)
    }

    /// The same, with a task of another type.
    pub(super) fn of(kind: &str, answers: &[Answer]) -> Self {
        let start: Timestamp = super::MOMENT.parse().unwrap();
        NOW.with_borrow_mut(|now| *now = start);
        let inner = Inner { answers: Mutex::new(answers.iter().copied().collect()), ..Inner::default() };
        let mut config = Config::default();
        config.set("project", "P");
        config.set("workflow", "w");
        config.set("cron", "0 * * * *");
        config.set("topic", "t");
        let kind = crate::cds::Kind::of_name(kind).unwrap();
        let name = hook_name("u").unwrap();
        let task = Task { kind, stopped: false, config, conditions: None };
        let definition = task.into_hook(&name).unwrap();
        let hook = StoredHook::new(name, definition, "2026-11-27T09:00:00Z".parse().unwrap(), None);
        Self { inner: Arc::new(inner), hook }
    }

    pub(super) fn hook(&self) -> StoredHook {
        self.hook.clone()
    }

    pub(super) fn stop(&mut self) {
        self.hook.definition.cds.as_mut().unwrap().stopped = true;
    }

    pub(super) fn maintain(&self, maintenance: bool) {
        *self.inner.maintenance.lock().unwrap() = maintenance;
    }

    pub(super) fn processor(&self) -> Processor {
        let inner = &self.inner;
        Processor {
            executions: inner.clone(),
            claims: inner.clone(),
            state: inner.clone(),
            api: inner.clone(),
            queue: inner.clone(),
            rules: Rules::default(),
            clock: now,
        }
    }

    fn firing(&self, id: u8, fired_by: FiredBy, created: &str) -> Firing {
        Firing {
            task_id: SlugId::from_bytes([id; 16]),
            hook: self.hook.name.clone(),
            fired_by,
            payload: None,
            client_id: None,
            created: created.parse().unwrap(),
            trace: None,
        }
    }

    pub(super) fn scheduled(&self, at: &str) -> Firing {
        self.firing(7, FiredBy::Schedule, at)
    }

    pub(super) fn message(&self, id: u8, at: &str) -> Firing {
        Firing { payload: Some("e30=".into()), ..self.firing(id, FiredBy::PulseMessage, at) }
    }

    /// The queue delivers a firing, whoever put it there.
    pub(super) fn deliver(&self, firing: &Firing) {
        self.inner.messages.lock().unwrap().push((now(), firing.clone()));
    }

    /// Time passes until the next message is due, and it is done; an error where whoever does it is killed. None when none waits.
    pub(super) async fn next(&self) -> Option<Result<Processed, ()>> {
        let (due, firing) = {
            let mut messages = self.inner.messages.lock().unwrap();
            let first = (0..messages.len()).min_by_key(|index| messages[*index].0)?;
            messages.remove(first)
        };
        NOW.with_borrow_mut(|now| *now = due.max(*now));
        let (hook, processor) = (self.hook(), self.processor());
        let task = hook.definition.cds.clone().unwrap();
        let processing = processor.process(&hook, &task, &firing, || None);
        tokio::select! {
            biased;
            processed = processing => Some(Ok(processed.unwrap())),
            () = tokio::task::yield_now() => Some(Err(())),
        }
    }

    pub(super) fn only(&self) -> Execution {
        let executions = self.inner.executions.lock().unwrap();
        assert_eq!(executions.len(), 1);
        executions.values().next().unwrap().clone()
    }

    pub(super) fn count(&self) -> usize {
        self.inner.executions.lock().unwrap().len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count() == 0
    }

    pub(super) fn runs(&self) -> usize {
        *self.inner.runs.lock().unwrap()
    }
}

#[async_trait]
impl ExecutionStore for Inner {
    async fn create(&self, execution: &Execution) -> Result<bool, StoreError> {
        let mut executions = self.executions.lock().unwrap();
        if executions.contains_key(&execution.created) {
            return Ok(false);
        }
        executions.insert(execution.created, execution.clone());
        Ok(true)
    }

    async fn get(&self, _: &HookName, created: Timestamp) -> Result<Option<Execution>, StoreError> {
        Ok(self.executions.lock().unwrap().get(&created).cloned())
    }

    async fn update(&self, old: &Execution, new: &Execution) -> Result<bool, StoreError> {
        let mut executions = self.executions.lock().unwrap();
        let stored = executions.get_mut(&old.created).unwrap();
        let unchanged = stored.revision == old.revision;
        assert_eq!(new.revision, old.revision + 1);
        if unchanged {
            *stored = new.clone();
        }
        Ok(unchanged)
    }

    async fn list(&self, _: &HookName, _: &PageRequest) -> Result<Page<Execution>, StoreError> {
        unreachable!()
    }

    async fn counts(&self, _: &HookName) -> Result<Counts, StoreError> {
        unreachable!()
    }

    async fn all_counts(&self, _: &PageRequest) -> Result<Page<(String, Counts)>, StoreError> {
        unreachable!()
    }

    async fn trim(&self, _: &HookName, _: usize) -> Result<usize, StoreError> {
        Ok(0)
    }

    async fn remove_all(&self, _: &HookName) -> Result<(), StoreError> {
        unreachable!()
    }
}

#[async_trait]
impl FireStore for Inner {
    async fn claim(&self, _: &StoredHook, firing: &Firing) -> Result<Claim, StoreError> {
        let mut claims = self.claims.lock().unwrap();
        if let Some(created) = claims.get(firing.task_id.as_str()) {
            return Ok(Claim::Earlier { created: *created, trace: None, record: None });
        }
        claims.insert(firing.task_id.to_string(), firing.created);
        Ok(Claim::New)
    }

    async fn record(&self, _: &FireRecord) -> Result<bool, StoreError> {
        unreachable!()
    }

    async fn list(&self, _: &StoredHook, _: &PageRequest) -> Result<Page<FireRecord>, StoreError> {
        unreachable!()
    }
}

#[async_trait]
impl ServiceStateStore for Inner {
    async fn read(&self) -> Result<ServiceState, StoreError> {
        let maintenance_since = self.maintenance.lock().unwrap().then(now);
        Ok(ServiceState { hash: Some("hash".into()), maintenance_since, ..ServiceState::default() })
    }

    async fn set_registration(&self, _: Timestamp, _: Result<&str, &str>) -> Result<(), StoreError> {
        unreachable!()
    }

    async fn set_maintenance(&self, _: Option<Timestamp>) -> Result<(), StoreError> {
        unreachable!()
    }
}

#[async_trait]
impl CdsApi for Inner {
    async fn register(&self, _: &serde_json::Value) -> Result<Registration, CdsError> {
        unreachable!()
    }

    async fn list_hooks(&self, _: &str) -> Result<Vec<NodeHook>, CdsError> {
        unreachable!()
    }

    async fn run_workflow(&self, hash: &str, run: &WorkflowRun) -> Result<u64, CdsError> {
        assert_eq!((hash, &*run.project, &*run.workflow, &*run.uuid), ("hash", "P", "w", "u"));
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or(Answer::Run(99));
        match answer {
            Answer::Run(number) => {
                *self.runs.lock().unwrap() += 1;
                Ok(number)
            }
            Answer::Status(status) => Err(CdsError::Refused { status, message: "no".into() }),
            Answer::Down => Err(CdsError::Unavailable { reason: "away".into(), source: None }),
            Answer::Unregistered => Err(CdsError::Unregistered { reason: "who?".into() }),
            Answer::Hangs => std::future::pending().await,
        }
    }
}

#[async_trait]
impl FiringQueue for Inner {
    async fn send(&self, firings: &[DelayedFiring]) -> Vec<Result<(), QueueError>> {
        let mut messages = self.messages.lock().unwrap();
        for DelayedFiring { firing, delay } in firings {
            let due = now().checked_add(SignedDuration::try_from(*delay).unwrap()).unwrap();
            messages.push((due, firing.clone()));
        }
        firings.iter().map(|_| Ok(())).collect()
    }
}
