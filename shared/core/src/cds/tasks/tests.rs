use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use serde_json::{Value, json};

use super::*;
use crate::cds::poll::known::KnownRepositories;
use crate::cds::{Counts, Execution};
use crate::ports::{Page, PageRequest};

const NOW: &str = "2026-11-27T10:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Hooks in memory, and which tasks' executions were removed.
#[derive(Default)]
struct World {
    hooks: Mutex<BTreeMap<String, StoredHook>>,
    removed: Mutex<Vec<String>>,
    /// How many writes others come before.
    others: AtomicUsize,
    writes: AtomicUsize,
    repositories: Arc<KnownRepositories>,
}

impl World {
    fn tasks(self: &Arc<Self>) -> Tasks {
        Tasks {
            hooks: self.clone(),
            executions: self.clone(),
            repositories: self.repositories.clone(),
            seal: Arc::new(Envelope),
            public_url: "https://hooks.example".into(),
            now: || at(NOW),
        }
    }

    fn is_beaten(&self) -> bool {
        self.writes.fetch_add(1, Ordering::Relaxed);
        self.others.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    fn change(&self, uuid: &str, change: impl FnOnce(&mut StoredHook)) {
        change(self.hooks.lock().unwrap().get_mut(&format!("cds/{uuid}")).unwrap());
    }
}

#[async_trait]
impl HookStore for World {
    async fn get(&self, name: &HookName) -> Result<Option<StoredHook>, StoreError> {
        Ok(self.hooks.lock().unwrap().get(&name.to_string()).cloned())
    }

    async fn create(&self, hook: &StoredHook) -> Result<CreateOutcome, StoreError> {
        if self.is_beaten() {
            return Ok(CreateOutcome::Exists(Box::new(hook.clone())));
        }
        self.hooks.lock().unwrap().insert(hook.name.to_string(), hook.clone());
        Ok(CreateOutcome::Created)
    }

    async fn replace(&self, old: &StoredHook, new: &StoredHook) -> Result<bool, StoreError> {
        let mut hooks = self.hooks.lock().unwrap();
        if self.is_beaten()
            || hooks.get(&old.name.to_string()).map(|hook| hook.revision) != Some(old.revision)
        {
            return Ok(false);
        }
        hooks.insert(new.name.to_string(), new.clone());
        Ok(true)
    }

    async fn remove(&self, hook: &StoredHook) -> Result<bool, StoreError> {
        Ok(!self.is_beaten() && self.hooks.lock().unwrap().remove(&hook.name.to_string()).is_some())
    }

    async fn set_token_generation(&self, _: &StoredHook, _: u64) -> Result<bool, StoreError> {
        unreachable!("tasks have no tokens")
    }

    async fn groups(&self, _: &PageRequest) -> Result<Page<String>, StoreError> {
        unreachable!("nothing is listed")
    }

    async fn list(&self, _: &str, _: &PageRequest) -> Result<Page<StoredHook>, StoreError> {
        unreachable!("nothing is listed")
    }

    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

#[async_trait]
impl ExecutionStore for World {
    async fn create(&self, _: &Execution) -> Result<bool, StoreError> {
        unreachable!("nothing is executed")
    }

    async fn get(&self, _: &HookName, _: Timestamp) -> Result<Option<Execution>, StoreError> {
        unreachable!("nothing is executed")
    }

    async fn update(&self, _: &Execution, _: &Execution) -> Result<bool, StoreError> {
        unreachable!("nothing is executed")
    }

    async fn list(&self, _: &HookName, _: &PageRequest) -> Result<Page<Execution>, StoreError> {
        unreachable!("nothing is executed")
    }

    async fn counts(&self, _: &HookName) -> Result<Counts, StoreError> {
        unreachable!("nothing is executed")
    }

    async fn all_counts(&self, _: &PageRequest) -> Result<Page<(String, Counts)>, StoreError> {
        unreachable!("nothing is executed")
    }

    async fn trim(&self, _: &HookName, _: usize) -> Result<usize, StoreError> {
        unreachable!("nothing is executed")
    }

    async fn remove_all(&self, task: &HookName) -> Result<(), StoreError> {
        self.removed.lock().unwrap().push(task.id().into());
        Ok(())
    }
}

/// Seals so that a test sees what for, and each time anew, as a cipher with a nonce does.
struct Envelope;

static SEALED: AtomicUsize = AtomicUsize::new(0);

impl Seal for Envelope {
    fn seal(&self, purpose: &str, secret: &str) -> Result<String, BoxError> {
        Ok(format!("{purpose}|{}|{secret}", SEALED.fetch_add(1, Ordering::Relaxed)))
    }

    fn open(&self, purpose: &str, sealed: &str) -> Option<String> {
        let (_, secret) = sealed.strip_prefix(purpose)?.strip_prefix('|')?.split_once('|')?;
        Some(secret.into())
    }
}

fn node(uuid: &str, model: &str, config: &[(&str, &str)]) -> NodeHook {
    let mut entries = json!({"project": {"value": "P"}, "workflow": {"value": "W"}});
    for (name, value) in config {
        entries[name] = json!({"value": value, "configurable": true, "type": "string"});
    }
    node_of(json!({"uuid": uuid, "model": {"name": model}, "config": entries}))
}

fn node_of(value: Value) -> NodeHook {
    serde_json::from_value(value).unwrap()
}

fn config(hook: &StoredHook) -> &Config {
    &hook.definition.cds.as_ref().unwrap().config
}

#[tokio::test]
async fn a_webhook_gets_its_url() {
    let world = Arc::new(World::default());
    let saved =
        world.tasks().save(&node("u-1", "WebHook", &[("webHookURL", "https://evil.example")])).await.unwrap();
    assert_eq!(config(&saved).get("webHookURL"), Some("https://hooks.example/webhook/u-1"));
    assert_eq!((saved.name.to_string().as_str(), saved.revision), ("cds/u-1", 1));
    assert_eq!(world.tasks().find("u-1").await.unwrap(), Some(saved));
    assert_eq!(world.tasks().find("a/b").await.unwrap(), None);
    let queue = world.tasks().save(&node("u-2", "RabbitMQ hook", &[("exchange_name", "e")])).await.unwrap();
    assert_eq!(config(&queue).get("webHookURL"), None);
}

#[tokio::test]
async fn what_is_no_task_is_refused() {
    let world = Arc::new(World::default());
    let cases = [
        (node("", "WebHook", &[]), "uuid \"\" must be"),
        (node("a/b", "WebHook", &[]), "uuid \"a/b\" must be"),
        (node_of(json!({"uuid": "u"})), "model.name or hook_model_name is missing"),
        (node("u", "Nope", &[]), "model \"Nope\" is unknown"),
        (node("u", "WebHook", &[("project", "")]), "config project: is missing or empty"),
        (node("u", "WebHook", &[("secret", MASK)]), "config secret: is what is shown"),
    ];
    for (node, message) in cases {
        let refused = world.tasks().check(&node).await.unwrap_err().to_string();
        assert!(refused.starts_with(message), "{refused}");
        assert_eq!(world.tasks().save(&node).await.unwrap_err().to_string(), refused);
    }
    assert!(world.hooks.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_secret_rests_sealed_and_stays() {
    let (world, secret) = (Arc::new(World::default()), |value| node("u", "WebHook", &[("secret", value)]));
    let (tasks, of) = (world.tasks(), |hook: &StoredHook| config(hook).get(SECRET).map(str::to_owned));
    let first = tasks.save(&secret("s1")).await.unwrap();
    assert!(of(&first).unwrap().starts_with("u|"));
    let opened = tasks.secret("u", first.definition.cds.as_ref().unwrap());
    assert_eq!(opened, Ok(Some("s1".into())));
    for same in ["s1", MASK] {
        tasks.check(&secret(same)).await.unwrap();
        let again = tasks.save(&secret(same)).await.unwrap();
        assert_eq!(of(&again), of(&first), "{same}");
    }
    assert_eq!(world.writes.load(Ordering::Relaxed), 1, "the same again is no write");
    let other = tasks.save(&secret("s2")).await.unwrap();
    assert!(of(&other).unwrap().ends_with("|s2") && other.revision == 2);
    assert_eq!(config(&other).masked().get(SECRET), Some(MASK));
    assert_eq!(config(&other).without_secret().get(SECRET), None);
    let elsewhere = tasks.secret("another", other.definition.cds.as_ref().unwrap());
    assert_eq!(elsewhere, Err(SealedElsewhere("another".into())));
}

#[tokio::test]
async fn a_stopped_task_stays_stopped_and_is_not_due() {
    let world = Arc::new(World::default());
    let tasks = world.tasks();
    tasks.save(&node("u", "WebHook", &[])).await.unwrap();
    // As a type with a schedule would have it, whichever of them this tree has.
    world.change("u", |hook| {
        hook.definition.schedule = vec!["*/5 * * * *".into()];
        hook.due_at = Some(at("2026-11-27T09:55:00Z"));
    });
    let stopped = tasks.set_stopped("u", true).await.unwrap().unwrap();
    assert_eq!((stopped.due_at, stopped.definition.cds.as_ref().unwrap().stopped), (None, true));
    let again = tasks.set_stopped("u", true).await.unwrap().unwrap();
    assert_eq!(again.revision, stopped.revision);
    let saved = tasks.save(&node("u", "WebHook", &[("x", "1")])).await.unwrap();
    assert!(saved.definition.cds.as_ref().unwrap().stopped && saved.revision == stopped.revision + 1);
    world.change("u", |hook| hook.definition.schedule = vec!["*/5 * * * *".into()]);
    let started = tasks.set_stopped("u", false).await.unwrap().unwrap();
    assert_eq!(started.due_at, Some(at("2026-11-27T10:05:00Z")));
    assert_eq!(tasks.set_stopped("nobody", true).await.unwrap(), None);
}

#[tokio::test]
async fn a_task_goes_with_its_executions() {
    let world = Arc::new(World::default());
    let tasks = world.tasks();
    tasks.save(&node("u", "WebHook", &[])).await.unwrap();
    assert!(tasks.remove("u").await.unwrap());
    assert!(!tasks.remove("u").await.unwrap());
    assert_eq!(*world.removed.lock().unwrap(), ["u", "u"], "what an earlier removal left is removed too");
}

#[tokio::test]
async fn writes_are_tried_again_and_not_for_ever() {
    let world = Arc::new(World::default());
    let tasks = world.tasks();
    world.others.store(2, Ordering::Relaxed);
    tasks.save(&node("u", "WebHook", &[])).await.unwrap();
    world.others.store(2, Ordering::Relaxed);
    assert!(tasks.set_stopped("u", true).await.unwrap().is_some());
    world.others.store(usize::MAX, Ordering::Relaxed);
    assert!(matches!(tasks.save(&node("u", "WebHook", &[("x", "1")])).await, Err(SaveError::Contended(_))));
    assert!(matches!(tasks.remove("u").await, Err(SaveError::Contended(_))));
    assert!(world.removed.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_pollers_repository_is_watched() {
    let world = Arc::new(World::default());
    let of = |uuid, model, name| node(uuid, model, &[("vcsServer", "hub"), ("repoFullName", name)]);
    world.tasks().save(&of("u", "WebHook", "o/other")).await.unwrap();
    for uuid in ["v", "w"] {
        world.tasks().save(&of(uuid, "Git Repository Poller", "o/r")).await.unwrap();
    }
    assert_eq!(world.repositories.names(), ["hub/o/r"]);
}
