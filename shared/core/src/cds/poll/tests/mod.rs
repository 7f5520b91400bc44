//! Providers, hooks and a queue in memory.

mod histories;
mod runs;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::json;

use super::known::KnownRepositories;
use super::*;
use crate::cds::{Provider, RepositoryEvent};
use crate::firing::{FireRecord, Firing};
use crate::hook::{Hook, HookName, StoredHook};
use crate::known_hooks::KnownHooks;
use crate::ports::{BoundHook, Claim, DelayedFiring, FireStore, FiringQueue, Page, QueueError, StoreError};
use crate::secret::MasterKey;

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(0) };
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn now() -> Timestamp {
    at(NOW.get())
}

fn pass(seconds: i64) {
    NOW.set(NOW.get() + seconds);
}

/// What a provider answers.
type Answer =
    Box<dyn FnMut(&RepositoryName, Option<&str>, Option<u64>) -> Result<EventPage, SourceError> + Send>;

/// All that a poller needs.
struct World {
    bound: Mutex<BTreeSet<String>>,
    sent: Mutex<Vec<Firing>>,
    queue_fails: Mutex<bool>,
    answer: Mutex<Answer>,
    asked: Mutex<Vec<String>>,
}

struct Setting {
    world: Arc<World>,
    repositories: Arc<KnownRepositories>,
    poller: Poller,
}

/// A poller of these repositories, for a hook that is bound to all of them.
async fn setting(names: &[&str], answer: Answer) -> Setting {
    NOW.set(0);
    let hook: Hook = serde_json::from_value(json!({
        "hookId": "u", "hookGroupId": "cds", "task": {}, "triggerSchema": {},
        "metadata": {"name": "n", "description": "d", "owner": ""},
        "bindings": names.iter().map(|name| json!({"exchange": format!("repository/{name}"), "routingKeyPattern": "#"}))
            .collect::<Vec<_>>(),
    }))
    .unwrap();
    let world = Arc::new(World {
        bound: Mutex::new(names.iter().map(|name| format!("repository/{name}")).collect()),
        sent: Mutex::default(),
        queue_fails: Mutex::default(),
        answer: Mutex::new(answer),
        asked: Mutex::default(),
    });
    let hooks = Arc::new(KnownHooks::new([StoredHook::new("cds/u".parse().unwrap(), hook, at(-1000), None)]));
    let (bindings, key) = (world.clone(), MasterKey::new([7; 32]));
    let dispatcher = Dispatcher::new(bindings, hooks, world.clone(), world.clone(), key);
    let repositories = Arc::new(KnownRepositories::default());
    for name in names {
        repositories.watch(&RepositoryName::parse(name).unwrap(), now()).await.unwrap();
    }
    let poller = Poller {
        repositories: repositories.clone(),
        bindings: world.clone(),
        providers: world.clone(),
        dispatcher: Arc::new(dispatcher),
        clock: now,
    };
    Setting { world, repositories, poller }
}

impl Setting {
    async fn run(&self) -> PollReport {
        self.poller.run(Timestamp::MAX).await.unwrap()
    }

    /// The ids of the events that were sent, each with its firings.
    fn sent(&self) -> BTreeMap<String, Vec<Firing>> {
        let mut sent: BTreeMap<String, Vec<Firing>> = BTreeMap::new();
        for firing in self.world.sent.lock().unwrap().iter() {
            let id = firing.payload.as_ref().unwrap()["id"].as_str().unwrap().to_owned();
            sent.entry(id).or_default().push(firing.clone());
        }
        sent
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.world.asked.lock().unwrap())
    }
}

/// A push of GitHub's.
fn push(id: i64, second: i64) -> Found {
    let event = json!({"id": id.to_string(), "type": "PushEvent", "payload": {"ref": "refs/heads/main"}});
    let event = RepositoryEvent {
        provider: Provider::Github,
        id: id.to_string(),
        repository: "o/r".into(),
        branch: None,
        tag: None,
        event,
    };
    Found { order: id, happened: Some(at(second)), kind: "PushEvent".into(), event }
}

/// All of a list in one page.
fn whole(events: impl IntoIterator<Item = Found>) -> EventPage {
    EventPage { events: events.into_iter().collect(), ..EventPage::default() }
}

#[async_trait]
impl EventSource for World {
    async fn page(
        &self,
        repository: &RepositoryName,
        etag: Option<&str>,
        page: Option<u64>,
    ) -> Result<EventPage, SourceError> {
        self.asked.lock().unwrap().push(repository.to_string());
        (self.answer.lock().unwrap())(repository, etag, page)
    }
}

#[async_trait]
impl BindingStore for World {
    async fn bound_to(&self, exchange: &str) -> Result<Vec<BoundHook>, StoreError> {
        let hook: HookName = "cds/u".parse().unwrap();
        let bound = self.bound.lock().unwrap().contains(exchange);
        Ok(bound.then(|| BoundHook { routing_key_pattern: "#".into(), hook }).into_iter().collect())
    }
}

#[async_trait]
impl FiringQueue for World {
    async fn send(&self, firings: &[DelayedFiring]) -> Vec<Result<(), QueueError>> {
        // A queue that fails has taken half of what it got.
        let fails = std::mem::take(&mut *self.queue_fails.lock().unwrap());
        let mut sent = self.sent.lock().unwrap();
        let take = |(index, firing): (usize, &DelayedFiring)| {
            if fails && index % 2 == 1 {
                return Err(QueueError::Unavailable { reason: "down".into(), source: None });
            }
            sent.push(firing.firing.clone());
            Ok(())
        };
        firings.iter().enumerate().map(take).collect()
    }
}

#[async_trait]
impl FireStore for World {
    async fn claim(&self, _: &StoredHook, _: &Firing) -> Result<Claim, StoreError> {
        unreachable!("nothing is fired here")
    }
    async fn record(&self, _: &FireRecord) -> Result<bool, StoreError> {
        unreachable!("nothing is refused")
    }
    async fn list(&self, _: &StoredHook, _: &PageRequest) -> Result<Page<FireRecord>, StoreError> {
        unreachable!("nothing is listed")
    }
}
