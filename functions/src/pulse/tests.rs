use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::json;
use treble_aws::dynamodb::{TableNames, create_tables};
use treble_core::hook::{Hook, StoredHook};
use treble_core::ports::{DelayedFiring, FiringQueue, HookStore as _, QueueError};
use treble_core::secret::MasterKey;
use treble_embedded::Embedded;

use super::*;

/// A queue that takes the firings of one hook, and is too busy for others'.
#[derive(Default)]
struct Firings(Mutex<Vec<DelayedFiring>>);

#[async_trait]
impl FiringQueue for Firings {
    async fn send(&self, firings: &[DelayedFiring]) -> Vec<Result<(), QueueError>> {
        let take = |firing: &DelayedFiring| {
            if firing.firing.hook.id() != "taken" {
                return Err(QueueError::Unavailable { reason: "busy".into(), source: None });
            }
            self.0.lock().unwrap().push(firing.clone());
            Ok(())
        };
        firings.iter().map(take).collect()
    }
}

fn hook(id: &str) -> StoredHook {
    let definition: Hook = serde_json::from_value(json!({
        "hookId": id, "hookGroupId": "g", "bindings": [{"exchange": "e", "routingKeyPattern": format!("{id}.#")}],
        "task": {}, "metadata": {"name": "n", "description": "d", "owner": "o"}, "triggerSchema": {},
    }))
    .unwrap();
    StoredHook::new(format!("g/{id}").parse().unwrap(), definition, Timestamp::UNIX_EPOCH, None)
}

fn record(id: &str, body: &str) -> serde_json::Value {
    json!({"messageId": id, "receiptHandle": "r", "body": body, "attributes": {"ApproximateReceiveCount": "2"}})
}

#[tokio::test]
async fn only_what_failed_comes_again() {
    let database = Embedded::memory().unwrap();
    let (client, tables) = (database.sdk_client(), TableNames::with_prefix("t"));
    create_tables(&client, &tables).await.unwrap();
    let hooks = Arc::new(DynamoHooks::new(client.clone(), &tables.hooks));
    for id in ["taken", "refused"] {
        hooks.create(&hook(id)).await.unwrap();
    }
    let fires = Arc::new(DynamoFires::new(client, &tables.fires));
    let firings = Arc::new(Firings::default());
    let key = MasterKey::new([7; 32]);
    let dispatcher = Dispatcher::new(hooks.clone(), hooks, fires, firings.clone(), key);

    let message = |key: &str| {
        json!({"id": "1", "exchange": "e", "routingKey": key, "received": "2026-11-21T10:00:00Z", "payload": {"a": 1}})
            .to_string()
    };
    let batch = json!({"Records": [
        record("1", &message("taken.x")), record("2", "no message"), record("3", &message("refused")),
        record("4", &message("nobody's")), record("5", &message("taken")),
    ]});
    let batch = serde_json::from_value(batch).unwrap();
    let response = dispatch(&dispatcher, batch, Timestamp::UNIX_EPOCH).await;
    assert_eq!(
        serde_json::to_value(response).unwrap(),
        json!({"batchItemFailures": [{"itemIdentifier": "2"}, {"itemIdentifier": "3"}]})
    );
    let sent = firings.0.lock().unwrap();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].firing, sent[1].firing, "two deliveries of one message are one firing");
}
