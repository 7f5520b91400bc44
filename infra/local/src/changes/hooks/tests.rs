use jiff::Timestamp;
use serde_json::json;
use tokio::sync::broadcast::Receiver;
use treble_aws::dynamodb::{DynamoHooks, TableNames, create_tables};
use treble_core::firing::{FiredBy, Firing};
use treble_core::hook::Hook;
use treble_core::slugid::SlugId;
use treble_embedded::Embedded;

use super::*;

/// What each announced change is, and of which hook.
fn heard(changes: &mut Receiver<Change>) -> Vec<String> {
    let mut heard = Vec::new();
    while let Ok(change) = changes.try_recv() {
        let json = serde_json::to_value(&change).unwrap();
        heard.push(format!("{} {}", json["type"].as_str().unwrap(), change.subject().hook_id));
    }
    heard
}

fn firing(hook: &StoredHook) -> Firing {
    Firing {
        task_id: SlugId::from_bytes([7; 16]),
        hook: hook.name.clone(),
        fired_by: FiredBy::TriggerHook,
        payload: None,
        client_id: None,
        created: hook.created,
        trace: None,
    }
}

#[tokio::test]
async fn what_is_written_is_announced_and_nothing_else() {
    let client = Embedded::memory().unwrap().sdk_client();
    let names = TableNames::with_prefix("treble");
    create_tables(&client, &names).await.unwrap();
    let (changes, _inbox) = Changes::new();
    let mut subscriber = changes.subscribe();
    let hooks = PublishingHooks::new(Arc::new(DynamoHooks::new(client, &names.hooks)), changes);
    let definition: Hook = serde_json::from_value(json!({
        "hookGroupId": "g", "hookId": "h", "task": {}, "triggerSchema": {},
        "metadata": {"name": "n", "description": "d", "owner": "o@example.com"},
    }))
    .unwrap();
    let hook = StoredHook::new("g/h".parse().unwrap(), definition, Timestamp::UNIX_EPOCH, None);
    let updated = StoredHook { revision: 2, ..hook.clone() };

    hooks.create(&hook).await.unwrap();
    assert_eq!(heard(&mut subscriber), ["HookCreated h"]);
    hooks.create(&hook).await.unwrap();
    assert!(heard(&mut subscriber).is_empty(), "it was there");
    assert!(hooks.replace(&hook, &updated).await.unwrap());
    assert_eq!(heard(&mut subscriber), ["HookUpdated h"]);
    assert!(!hooks.replace(&hook, &updated).await.unwrap());
    assert!(!hooks.remove(&hook).await.unwrap());
    assert!(hooks.set_token_generation(&updated, 9).await.unwrap());
    assert!(heard(&mut subscriber).is_empty(), "another was quicker, or it is no news");

    let stored = hooks.get(&hook.name).await.unwrap().unwrap();
    let failing = stored.health.after_failure(&firing(&hook), "no", Timestamp::UNIX_EPOCH).unwrap();
    assert!(hooks.set_health(&stored, &failing).await.unwrap());
    assert_eq!(heard(&mut subscriber), ["FireFailed h"]);
    assert!(!hooks.set_health(&stored, &failing).await.unwrap());
    assert!(heard(&mut subscriber).is_empty(), "another firing said so");
    let stored = hooks.get(&hook.name).await.unwrap().unwrap();
    assert!(hooks.set_health(&stored, &failing.after_success().unwrap()).await.unwrap());
    let stored = hooks.get(&hook.name).await.unwrap().unwrap();
    assert!(hooks.remove(&stored).await.unwrap());
    assert_eq!(heard(&mut subscriber), ["FireRecovered h", "HookDeleted h"]);
}
