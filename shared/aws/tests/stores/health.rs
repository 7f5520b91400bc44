//! How hooks have been doing, kept beside them.

use treble_core::firing::{FiredBy, Firing};
use treble_core::hook::StoredHook;
use treble_core::ports::{HealthStore, HookStore};
use treble_core::streak::Health;

use crate::support::{Stores, at, hook, task_id, updated};

fn failed(hook: &StoredHook, second: i64) -> Health {
    let firing = Firing {
        task_id: task_id(7),
        hook: hook.name.clone(),
        fired_by: FiredBy::Schedule,
        payload: None,
        client_id: None,
        created: at(second),
        trace: None,
    };
    hook.health.after_failure(&firing, "größer", at(second)).unwrap()
}

#[tokio::test]
async fn health_is_kept_and_outlives_updates() {
    let stores = Stores::new().await;
    let well = hook("g/h", &[]);
    stores.hooks.create(&well).await.unwrap();
    let health = failed(&well, 1);
    assert!(stores.hooks.set_health(&well, &health).await.unwrap());
    let failing = stores.hooks.get(&well.name).await.unwrap().unwrap();
    assert_eq!(failing, StoredHook { health, ..well });
    let new = updated(&failing, |hook| hook.definition.metadata.name = "Renamed".into());
    assert!(stores.hooks.replace(&failing, &new).await.unwrap());
    assert_eq!(stores.hooks.get(&new.name).await.unwrap().as_ref(), Some(&new));

    let recovered = new.health.after_success().unwrap();
    assert!(stores.hooks.set_health(&new, &recovered).await.unwrap());
    assert_eq!(stores.hooks.get(&new.name).await.unwrap(), Some(StoredHook { health: recovered, ..new }));
}

#[tokio::test]
async fn of_two_failures_at_once_one_begins_the_streak() {
    let stores = Stores::new().await;
    let well = hook("g/h", &[]);
    stores.hooks.create(&well).await.unwrap();
    assert!(stores.hooks.set_health(&well, &failed(&well, 1)).await.unwrap());
    assert!(!stores.hooks.set_health(&well, &failed(&well, 2)).await.unwrap());
    let removed = hook("g/gone", &[]);
    assert!(!stores.hooks.set_health(&removed, &failed(&removed, 1)).await.unwrap());
    assert_eq!(stores.hooks.get(&removed.name).await.unwrap(), None);
}
