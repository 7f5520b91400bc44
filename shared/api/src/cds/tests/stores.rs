//! The ports, as a [`World`] implements them.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use jiff::Timestamp;
use treble_core::cds::poll::{Repository, RepositoryName, RepositoryStore};
use treble_core::cds::{Counts, Execution, ExecutionStore, Seal, ServiceState, ServiceStateStore, Status};
use treble_core::firing::{FireRecord, Firing};
use treble_core::hook::{HookName, StoredHook};
use treble_core::ports::{
    BoxError, Claim, CreateOutcome, DelayedFiring, FireStore, FiringQueue, HookStore, Page, PageRequest,
    QueueError, StoreError,
};

use super::world::World;

/// Seals so that a test sees what for.
pub(super) struct Envelope;

impl Seal for Envelope {
    fn seal(&self, purpose: &str, secret: &str) -> Result<String, BoxError> {
        Ok(format!("sealed:{purpose}:{secret}"))
    }

    fn open(&self, purpose: &str, sealed: &str) -> Option<String> {
        sealed.strip_prefix(&format!("sealed:{purpose}:")).map(Into::into)
    }
}

/// A page of what there is, in the order of its keys.
fn page<T>(all: impl Iterator<Item = (String, T)>, asked: &PageRequest) -> Page<T> {
    let mut left =
        all.filter(|(key, _)| asked.continuation.as_ref().is_none_or(|last| key > last)).peekable();
    let (mut items, mut last) = (Vec::new(), None);
    for (key, item) in left.by_ref().take(asked.limit.unwrap_or(usize::MAX)) {
        last = Some(key);
        items.push(item);
    }
    Page { items, continuation: last.filter(|_| left.peek().is_some()) }
}

#[async_trait]
impl HookStore for World {
    async fn get(&self, name: &HookName) -> Result<Option<StoredHook>, StoreError> {
        Ok(self.hooks.lock().unwrap().get(&name.to_string()).cloned())
    }

    async fn create(&self, hook: &StoredHook) -> Result<CreateOutcome, StoreError> {
        self.hooks.lock().unwrap().insert(hook.name.to_string(), hook.clone());
        Ok(CreateOutcome::Created)
    }

    async fn replace(&self, _: &StoredHook, new: &StoredHook) -> Result<bool, StoreError> {
        self.hooks.lock().unwrap().insert(new.name.to_string(), new.clone());
        Ok(true)
    }

    async fn remove(&self, hook: &StoredHook) -> Result<bool, StoreError> {
        Ok(self.hooks.lock().unwrap().remove(&hook.name.to_string()).is_some())
    }

    async fn set_token_generation(&self, _: &StoredHook, _: u64) -> Result<bool, StoreError> {
        unreachable!("tasks have no tokens")
    }

    async fn groups(&self, _: &PageRequest) -> Result<Page<String>, StoreError> {
        unreachable!("there is one group")
    }

    async fn list(&self, group: &str, asked: &PageRequest) -> Result<Page<StoredHook>, StoreError> {
        let hooks = self.hooks.lock().unwrap();
        let own = hooks.iter().filter(|(_, hook)| hook.name.group() == group);
        Ok(page(own.map(|(name, hook)| (name.clone(), hook.clone())), asked))
    }

    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

impl World {
    fn count(&self, task: &str) -> Counts {
        let executions = self.executions.lock().unwrap();
        let own: Vec<_> = executions.values().filter(|one| one.task.to_string() == task).collect();
        let todo = own.iter().filter(|one| one.status != Status::Done).count();
        Counts { total: own.len() as u64, todo: todo as u64 }
    }
}

#[async_trait]
impl ExecutionStore for World {
    async fn create(&self, execution: &Execution) -> Result<bool, StoreError> {
        let mut executions = self.executions.lock().unwrap();
        let key = (execution.task.to_string(), execution.created);
        if executions.contains_key(&key) {
            return Ok(false);
        }
        executions.insert(key, execution.clone());
        Ok(true)
    }

    async fn get(&self, task: &HookName, created: Timestamp) -> Result<Option<Execution>, StoreError> {
        let mut executions = self.executions.lock().unwrap();
        let found = executions.get(&(task.to_string(), created)).cloned();
        if let Some(late) = self.late.lock().unwrap().take() {
            executions.insert((late.task.to_string(), late.created), late);
        }
        Ok(found)
    }

    async fn update(&self, old: &Execution, new: &Execution) -> Result<bool, StoreError> {
        assert_eq!(new.revision, old.revision + 1);
        let mut executions = self.executions.lock().unwrap();
        let stored = executions.get_mut(&(old.task.to_string(), old.created));
        let Some(stored) = stored.filter(|stored| stored.revision == old.revision) else { return Ok(false) };
        *stored = new.clone();
        Ok(true)
    }

    async fn list(&self, task: &HookName, page: &PageRequest) -> Result<Page<Execution>, StoreError> {
        let executions = self.executions.lock().unwrap();
        let own = executions.values().rev().filter(|execution| execution.task == *task).cloned();
        Ok(Page { items: own.take(page.limit.unwrap_or(usize::MAX)).collect(), continuation: None })
    }

    async fn counts(&self, task: &HookName) -> Result<Counts, StoreError> {
        Ok(self.count(&task.to_string()))
    }

    async fn all_counts(&self, asked: &PageRequest) -> Result<Page<(String, Counts)>, StoreError> {
        let names: BTreeSet<String> =
            self.executions.lock().unwrap().keys().map(|(name, _)| name.clone()).collect();
        let counts = |name: String| {
            let counts = (name.trim_start_matches("cds/").to_owned(), self.count(&name));
            (name, counts)
        };
        Ok(page(names.into_iter().map(counts), asked))
    }

    async fn trim(&self, _: &HookName, _: usize) -> Result<usize, StoreError> {
        unreachable!("no request cleans")
    }

    async fn remove_all(&self, task: &HookName) -> Result<(), StoreError> {
        self.executions.lock().unwrap().retain(|(of, _), _| *of != task.to_string());
        Ok(())
    }
}

#[async_trait]
impl FireStore for World {
    async fn claim(&self, _: &StoredHook, firing: &Firing) -> Result<Claim, StoreError> {
        let mut claims = self.claims.lock().unwrap();
        if let Some(&created) = claims.get(&firing.task_id) {
            return Ok(Claim::Earlier { created, trace: None, record: None });
        }
        claims.insert(firing.task_id.clone(), firing.created);
        Ok(Claim::New)
    }

    async fn record(&self, _: &FireRecord) -> Result<bool, StoreError> {
        unreachable!("no request does a task")
    }

    async fn list(&self, _: &StoredHook, _: &PageRequest) -> Result<Page<FireRecord>, StoreError> {
        unreachable!("executions are listed")
    }
}

#[async_trait]
impl FiringQueue for World {
    async fn send(&self, firings: &[DelayedFiring]) -> Vec<Result<(), QueueError>> {
        let send = |delayed: &DelayedFiring| {
            if self.queue_is_down.load(Ordering::Relaxed) {
                return Err(QueueError::Unavailable { reason: "it is down".into(), source: None });
            }
            self.sent.lock().unwrap().push(delayed.firing.clone());
            Ok(())
        };
        firings.iter().map(send).collect()
    }
}

#[async_trait]
impl ServiceStateStore for World {
    async fn read(&self) -> Result<ServiceState, StoreError> {
        self.state_reads.fetch_add(1, Ordering::Relaxed);
        Ok(self.state.lock().unwrap().clone())
    }

    async fn set_registration(&self, _: Timestamp, _: Result<&str, &str>) -> Result<(), StoreError> {
        unreachable!("no request registers")
    }

    async fn set_maintenance(&self, since: Option<Timestamp>) -> Result<(), StoreError> {
        self.state.lock().unwrap().maintenance_since = since;
        Ok(())
    }
}

/// Requests only have repositories watched.
#[async_trait]
impl RepositoryStore for World {
    async fn watch(&self, name: &RepositoryName, _: Timestamp) -> Result<(), StoreError> {
        self.repositories.lock().unwrap().push(name.to_string());
        Ok(())
    }

    async fn get(&self, _: &RepositoryName) -> Result<Option<Repository>, StoreError> {
        unreachable!("nothing is polled")
    }

    async fn list(&self, _: &PageRequest) -> Result<Page<Repository>, StoreError> {
        unreachable!("nothing is polled")
    }

    async fn save(&self, _: &Repository, _: &Repository) -> Result<bool, StoreError> {
        unreachable!("nothing is polled")
    }

    async fn forget(&self, _: &Repository) -> Result<bool, StoreError> {
        unreachable!("nothing is polled")
    }
}
