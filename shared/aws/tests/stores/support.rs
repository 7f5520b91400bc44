//! What the tests share: a database of their own, and hooks to put in it.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde_json::json;
use treble_aws::dynamodb::{DynamoFires, DynamoHooks, TableNames, create_tables};
use treble_core::hook::{Binding, Hook, Metadata, StoredHook};
use treble_core::ports::PageRequest;
use treble_core::slugid::SlugId;
use treble_embedded::Embedded;

/// A database with Treble's tables, gone with the test.
pub(crate) struct Stores {
    pub(crate) database: Embedded,
    pub(crate) client: Client,
    pub(crate) names: TableNames,
    pub(crate) hooks: DynamoHooks,
    pub(crate) fires: DynamoFires,
}

impl Stores {
    pub(crate) async fn new() -> Self {
        let database = Embedded::memory().unwrap();
        let client = database.sdk_client();
        let names = TableNames::with_prefix("treble");
        create_tables(&client, &names).await.unwrap();
        database.take_calls();
        Self {
            hooks: DynamoHooks::new(client.clone(), &names.hooks),
            fires: DynamoFires::new(client.clone(), &names.fires),
            database,
            client,
            names,
        }
    }

    /// The sort keys in a partition of the hooks table.
    pub(crate) async fn sort_keys(&self, partition: &str) -> Vec<String> {
        let reply = self
            .client
            .query()
            .table_name(&self.names.hooks)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(partition.into()))
            .send()
            .await
            .unwrap();
        reply.items().iter().map(|item| item["sk"].as_s().unwrap().clone()).collect()
    }
}

/// A moment: seconds after the first one of 2026.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + second).unwrap()
}

/// A hook of this name, created at `at(0)`, bound to these exchanges and patterns.
pub(crate) fn hook(name: &str, bindings: &[(&str, &str)]) -> StoredHook {
    let name: treble_core::hook::HookName = name.parse().unwrap();
    let definition = Hook {
        hook_id: name.id().into(),
        hook_group_id: name.group().into(),
        bindings: bindings.iter().map(|(exchange, pattern)| binding(exchange, pattern)).collect(),
        metadata: Metadata {
            name: "Nightly".into(),
            description: "Builds what changed".into(),
            owner: "ops@example.com".into(),
            email_on_error: true,
        },
        task: json!({"z": 1, "a": {"$eval": "payload.größe"}, "b": [1.5, null, true]}),
        schedule: vec![],
        trigger_schema: json!({"type": "object"}),
        cds: None,
    };
    StoredHook::new(name, definition, at(0), None)
}

pub(crate) fn binding(exchange: &str, pattern: &str) -> Binding {
    Binding { exchange: exchange.into(), routing_key_pattern: pattern.into() }
}

/// The hook as its next update would store it.
pub(crate) fn updated(hook: &StoredHook, change: impl FnOnce(&mut StoredHook)) -> StoredHook {
    let mut new = hook.clone();
    new.revision += 1;
    change(&mut new);
    new
}

pub(crate) fn task_id(number: u8) -> SlugId {
    SlugId::from_bytes([number; 16])
}

/// All of a listing in one page.
pub(crate) fn all() -> PageRequest {
    PageRequest::default()
}

pub(crate) fn page(limit: usize, continuation: Option<String>) -> PageRequest {
    PageRequest { limit: Some(limit), continuation }
}
