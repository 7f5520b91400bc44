//! A poller with all that it needs: what it asks is a server, what it keeps is in an embedded database.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};
use treble_aws::dynamodb::{DynamoFires, DynamoHooks, DynamoRepositories, TableNames, create_tables};
use treble_aws::http::HttpClient;
use treble_aws::vcs::Vcs;
use treble_core::cds::poll::{PollReport, Poller, Repository, RepositoryName, RepositoryStore};
use treble_core::cds::{NodeHook, hook_name};
use treble_core::firing::Firing;
use treble_core::hook::StoredHook;
use treble_core::ports::{CreateOutcome, DelayedFiring, FiringQueue, HookStore, QueueError};
use treble_core::pulse::Dispatcher;
use treble_core::secret::MasterKey;
use treble_embedded::Embedded;
use treble_tests::Repositories;

/// When repositories are watched: what the tests' events are after.
pub(crate) const WATCHED: &str = "2026-01-01T00:00:00Z";

pub(crate) struct World {
    pub(crate) server: Repositories,
    pub(crate) repositories: Arc<DynamoRepositories>,
    hooks: Arc<DynamoHooks>,
    queue: Arc<Sent>,
    pub(crate) poller: Poller,
}

/// A queue in memory, which may take nothing for a while.
#[derive(Default)]
struct Sent {
    firings: Mutex<Vec<Firing>>,
    fails: Mutex<bool>,
}

#[async_trait]
impl FiringQueue for Sent {
    async fn send(&self, firings: &[DelayedFiring]) -> Vec<Result<(), QueueError>> {
        let fails = *self.fails.lock().unwrap();
        let take = |firing: &DelayedFiring| {
            if fails {
                return Err(QueueError::Unavailable { reason: "it is full".into(), source: None });
            }
            self.firings.lock().unwrap().push(firing.firing.clone());
            Ok(())
        };
        firings.iter().map(take).collect()
    }
}

impl World {
    /// A server whose pages have so many events, and a poller that knows it by a name for each provider.
    pub(crate) async fn new(page_size: usize) -> World {
        let server = Repositories::start(page_size);
        let client = Embedded::memory().unwrap().sdk_client();
        let names = TableNames::with_prefix("treble");
        create_tables(&client, &names).await.unwrap();
        let url = server.url();
        let servers = json!({
            "hub": {"type": "github", "url": url, "token": "t0ken"},
            "lab": {"type": "gitlab", "url": url},
            "cloud": {"type": "bitbucketcloud", "url": url},
            "stash": {"type": "bitbucketserver", "url": url},
            "gone": {"type": "github", "url": format!("http://127.0.0.1:{}", treble_tests::free_port())},
        });
        let hooks = Arc::new(DynamoHooks::new(client.clone(), &names.hooks));
        let fires = Arc::new(DynamoFires::new(client.clone(), &names.fires));
        let repositories = Arc::new(DynamoRepositories::new(client, &names.hooks));
        let queue = Arc::new(Sent::default());
        let key = MasterKey::new([7; 32]);
        let dispatcher = Dispatcher::new(hooks.clone(), hooks.clone(), fires, queue.clone(), key);
        let servers = servers.to_string().parse().unwrap();
        let poller = Poller {
            repositories: repositories.clone(),
            bindings: hooks.clone(),
            providers: Arc::new(Vcs::new(servers, HttpClient::new(), Timestamp::now)),
            dispatcher: Arc::new(dispatcher),
            clock: Timestamp::now,
        };
        World { server, repositories, hooks, queue, poller }
    }

    /// A task for what happens in a repository, saved as CDS would.
    pub(crate) async fn task(&self, uuid: &str, vcs_server: &str, repository: &str) {
        let config = json!({
            "project": {"value": "P"}, "workflow": {"value": "W"},
            "vcsServer": {"value": vcs_server}, "repoFullName": {"value": repository},
        });
        let node = json!({"uuid": uuid, "model": {"name": "Git Repository Poller"}, "config": config});
        let task = serde_json::from_value::<NodeHook>(node).unwrap().task().unwrap();
        let name = hook_name(uuid).unwrap();
        let hook = task.into_hook(&name).unwrap();
        let watched = WATCHED.parse().unwrap();
        let repository = RepositoryName::of_exchange(&hook.bindings[0].exchange).unwrap();
        self.repositories.watch(&repository, watched).await.unwrap();
        let stored = StoredHook::new(name, hook, watched, None);
        assert_eq!(self.hooks.create(&stored).await.unwrap(), CreateOutcome::Created);
    }

    pub(crate) async fn poll(&self) -> PollReport {
        self.poller.run(Timestamp::MAX).await.unwrap()
    }

    pub(crate) fn fail_to_send(&self, fails: bool) {
        *self.queue.fails.lock().unwrap() = fails;
    }

    /// Takes the firings that were sent: the task and the event of each.
    pub(crate) fn sent(&self) -> Vec<Firing> {
        std::mem::take(&mut *self.queue.firings.lock().unwrap())
    }

    /// The ids of the events that were sent.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.sent().iter().map(|firing| event(firing)["id"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) async fn repository(&self, name: &str) -> Repository {
        let name = RepositoryName::parse(name).unwrap();
        self.repositories.get(&name).await.unwrap().unwrap()
    }

    /// As if the time had come to ask for it again.
    pub(crate) async fn hurry(&self, name: &str) {
        let old = self.repository(name).await;
        let new = Repository { not_before: None, revision: old.revision + 1, ..old.clone() };
        assert!(self.repositories.save(&old, &new).await.unwrap());
    }
}

/// What a firing has of the event.
pub(crate) fn event(firing: &Firing) -> &Value {
    firing.payload.as_ref().unwrap()
}
