//! Integrators are asked before hooks are created and updated, and told after they were.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use serde_json::{Value, json};
use treble_core::firing::{FireRecord, Firing};
use treble_core::hook::{Binding, HookName, StoredHook};
use treble_core::ports::{
    BindingLedger, Claim, ClientCredentials, CreateOutcome, CreatedTask, Credentials, FireStore, HealthStore,
    HookStore, MadeBinding, NewTask, Page, PageRequest, Sink, SinkError, StoreError,
};
use treble_core::scope::Roles;
use treble_core::streak::Health;

use super::world::{Client, World, pass};

#[async_trait]
impl HookStore for World {
    async fn get(&self, name: &HookName) -> Result<Option<StoredHook>, StoreError> {
        Ok(self.hooks.lock().unwrap().get(&name.to_string()).cloned())
    }

    async fn create(&self, hook: &StoredHook) -> Result<CreateOutcome, StoreError> {
        let mut hooks = self.hooks.lock().unwrap();
        if let Some(existing) = hooks.get(&hook.name.to_string()) {
            return Ok(CreateOutcome::Exists(Box::new(existing.clone())));
        }
        hooks.insert(hook.name.to_string(), hook.clone());
        Ok(CreateOutcome::Created)
    }

    async fn replace(&self, old: &StoredHook, new: &StoredHook) -> Result<bool, StoreError> {
        let mut hooks = self.hooks.lock().unwrap();
        let stored = hooks.get_mut(&new.name.to_string()).unwrap();
        if self.lost_races.load(Ordering::Relaxed) > 0 {
            self.lost_races.fetch_sub(1, Ordering::Relaxed);
            stored.revision += 1;
        }
        let is_old = stored == old;
        if is_old {
            *stored = new.clone();
        }
        Ok(is_old)
    }

    async fn remove(&self, _: &StoredHook) -> Result<bool, StoreError> {
        unreachable!("no hook is removed here")
    }

    async fn set_token_generation(&self, _: &StoredHook, _: u64) -> Result<bool, StoreError> {
        unreachable!("no token is reset here")
    }

    async fn groups(&self, _: &PageRequest) -> Result<Page<String>, StoreError> {
        unreachable!("nothing is listed here")
    }

    async fn list(&self, _: &str, _: &PageRequest) -> Result<Page<StoredHook>, StoreError> {
        unreachable!("nothing is listed here")
    }

    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// What these tests have no use for.
pub(super) struct Nothing;

#[async_trait]
impl BindingLedger for Nothing {
    async fn made(&self) -> Result<Vec<MadeBinding>, StoreError> {
        unreachable!()
    }
    async fn find(&self, _: &Binding) -> Result<Option<MadeBinding>, StoreError> {
        unreachable!()
    }
    async fn note(&self, _: &MadeBinding) -> Result<(), StoreError> {
        unreachable!()
    }
    async fn forget(&self, _: &Binding) -> Result<(), StoreError> {
        unreachable!()
    }
}

#[async_trait]
impl Sink for Nothing {
    async fn create_task(&self, _: NewTask<'_>) -> Result<CreatedTask, SinkError> {
        panic!("a task was created")
    }
    async fn check(&self) -> Result<(), SinkError> {
        unreachable!()
    }
}

#[async_trait]
impl FireStore for Nothing {
    async fn claim(&self, _: &StoredHook, _: &Firing) -> Result<Claim, StoreError> {
        unreachable!()
    }
    async fn record(&self, _: &FireRecord) -> Result<bool, StoreError> {
        Ok(true)
    }
    async fn list(&self, _: &StoredHook, _: &PageRequest) -> Result<Page<FireRecord>, StoreError> {
        unreachable!()
    }
}

#[async_trait]
impl Credentials for Nothing {
    async fn client(&self, _: &str) -> Result<Option<ClientCredentials>, StoreError> {
        unreachable!()
    }
    async fn roles(&self) -> Result<Arc<Roles>, StoreError> {
        unreachable!()
    }
}

#[async_trait]
impl HealthStore for Nothing {
    async fn set_health(&self, _: &StoredHook, _: &Health) -> Result<bool, StoreError> {
        Ok(true)
    }
}

const HOOK: &str = "/hooks/v1/hooks/g/h";

fn hook(description: &str) -> Value {
    json!({"metadata": {"name": "n", "description": description, "owner": "o"}, "task": {"payload": {}}})
}

/// What integrators are told: to whom, of what, and what.
fn told(client: &Client) -> Vec<(String, String, Value)> {
    let deliveries = client.world.deliveries().into_iter();
    deliveries.map(|told| (told.integrator.to_string(), told.event.to_string(), told.body)).collect()
}

#[tokio::test]
async fn who_is_asked_is_told_afterwards() {
    let client = Client::new();
    client.set("one", &["pre-create-hook", "post-create-hook", "post-update-hook"]).await;
    client.world.answer("one", 200, json!({"approved": true, "work_id": "its own"}));
    let created = client.send("PUT", HOOK, hook("d")).await.ok();

    let asked = client.world.heard().remove(0);
    assert_eq!((&*asked.path, asked.body.get("work_id")), ("pre-create-hook", None));
    assert_eq!(asked.body["hook_group_id"], "g");
    assert_eq!(asked.body["hook_id"], "h");
    assert_eq!(asked.body["client_id"], "me");
    let mut definition = created.clone();
    definition["bindings"] = json!([]);
    assert_eq!(asked.body["hook"], definition);

    let (integrator, event, mut body) = told(&client).remove(0);
    assert_eq!((&*integrator, &*event), ("one", "post-create-hook"));
    assert_eq!(body.as_object_mut().unwrap().remove("work_id"), Some(json!("its own")));
    assert_eq!(body, asked.body);
    assert_eq!(client.world.woken(), ["one"]);

    client.send("POST", HOOK, hook("other")).await.ok();
    let told = told(&client);
    assert_eq!((told.len(), &*told[1].1), (2, "post-update-hook"));
    assert_eq!(told[1].2["hook"]["metadata"]["description"], "other");
    // It was not asked, as it doesn't want to be.
    assert!(client.world.heard().is_empty());
}

#[tokio::test]
async fn a_refusal_is_a_403_and_nothing_is_written() {
    let client = Client::new();
    client.set("one", &["pre-create-hook", "pre-update-hook", "post-create-hook"]).await;
    client.world.answer("one", 200, json!({"approved": false, "reason": "not on Fridays"}));
    let refused = client.send("PUT", HOOK, hook("d")).await.error(403, "RefusedByGate");
    assert_eq!(refused, "integrator one refused: not on Fridays");
    client.send("GET", HOOK, Value::Null).await.error(404, "ResourceNotFound");
    assert!(client.world.deliveries().is_empty());

    client.world.answer("one", 200, json!({"approved": true}));
    client.send("PUT", HOOK, hook("d")).await.ok();
    client.world.answer("one", 0, json!({}));
    let refused = client.send("POST", HOOK, hook("other")).await.error(403, "RefusedByGate");
    assert_eq!(refused, "integrator one could not be asked: nobody answers there");
    assert_eq!(client.send("GET", HOOK, Value::Null).await.ok()["metadata"]["description"], "d");
}

#[tokio::test]
async fn nobody_is_asked_about_what_is_not_valid() {
    let client = Client::new();
    client.set("one", &["pre-create-hook"]).await;
    let mut invalid = hook("d");
    invalid["schedule"] = json!(["* * *"]);
    client.send("PUT", HOOK, invalid).await.error(400, "InputError");
    assert!(client.world.heard().is_empty());
}

#[tokio::test]
async fn a_request_that_is_repeated_tells_nobody_twice() {
    let client = Client::new();
    client.set("one", &["post-create-hook"]).await;
    client.world.queue_is_down.store(true, Ordering::Relaxed);
    let failed = client.send("PUT", HOOK, hook("d")).await.error(503, "ServiceUnavailable");
    assert!(!failed.contains("secret-host"), "{failed}");
    client.world.queue_is_down.store(false, Ordering::Relaxed);
    pass(20);
    client.send("PUT", HOOK, hook("d")).await.ok();
    client.send("PUT", HOOK, hook("d")).await.ok();
    assert_eq!(
        (client.world.deliveries().len(), client.world.woken()),
        (1, vec!["one".into(), "one".into()])
    );
    // Much later, whoever has it created again, as a script does, has not repeated that request.
    client.world.deliveries.lock().unwrap().clear();
    pass(40 * 24 * 60 * 60);
    client.send("PUT", HOOK, hook("d")).await.ok();
    assert!(client.world.deliveries().is_empty());
}

#[tokio::test]
async fn nobody_is_asked_twice_when_others_come_between() {
    let client = Client::new();
    client.send("PUT", HOOK, hook("d")).await.ok();
    client.set("one", &["pre-update-hook", "post-update-hook"]).await;
    client.world.lost_races.store(2, Ordering::Relaxed);
    client.send("POST", HOOK, hook("other")).await.ok();
    assert_eq!((client.world.heard().len(), told(&client).len()), (1, 1));
}

#[tokio::test]
async fn what_is_too_large_to_be_kept_is_told_without() {
    let client = Client::new();
    client.set("one", &["pre-create-hook", "post-create-hook"]).await;
    let mut large = hook("d");
    large["task"]["payload"] = "x".repeat(100_000).into();
    client.send("PUT", HOOK, large).await.ok();
    assert!(client.world.heard()[0].body["hook"].is_object());
    let (.., told) = told(&client).remove(0);
    assert_eq!((&told["hook"], &told["hook_omitted"]), (&Value::Null, &json!(true)));
}

#[tokio::test]
async fn a_firing_that_is_refused_is_a_403_too() {
    let client = Client::new();
    client.send("PUT", HOOK, hook("d")).await.ok();
    client.set("one", &["pre-trigger-hook"]).await;
    client.world.answer("one", 200, json!({"approved": false, "reason": "not on Fridays"}));
    let refused =
        client.send("POST", &format!("{HOOK}/trigger"), json!({})).await.error(403, "RefusedByGate");
    assert_eq!(refused, "integrator one refused: not on Fridays");
}

#[tokio::test]
async fn without_gates_nobody_is_asked() {
    let mut client = Client::new();
    client.set("one", &["pre-create-hook", "post-create-hook"]).await;
    client.service.engine.gates = None;
    client.send("PUT", HOOK, hook("d")).await.ok();
    assert!(client.world.heard().is_empty() && client.world.deliveries().is_empty());
}
