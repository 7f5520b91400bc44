//! Hooks, their groups and their bindings.
//!
//! | `pk` | `sk` | attributes |
//! |---|---|---|
//! | `hook#<group>` | hookId | the definition as JSON, `created`, `revision`, `tokenGeneration`; `due`, `dueAt` and `patterns` only when scheduled; `failing` and `toldAt` after failures |
//! | `groups` | group | `hooks`: how many there are in it |
//! | `exchange#<exchange>` | `<pattern>␀<group>/<hookId>` | `pattern`, `hook`: one for each binding |
//! | `amqp` | `<exchange>␀<pattern>` | `exchange`, `pattern`, and `problem`, `since` where the broker refuses: what the bridge made |
//! | `lane#<integrator>` | `due` | `due`, `dueAt`: an integrator's deliveries are to be looked at then |
//!
//! A hook, its place in its group's count and its bindings change in one transaction. Each write of a hook has
//! the condition that it is still the one that was read: the same `created`, and the same `revision` or
//! `tokenGeneration`.
//!
//! Reads are consistent, at twice the price of others: a client that created a hook finds it, and one that was told that its
//! trigger token was reset does not see the old one work.

mod bindings;
mod bound;
mod due;
mod keys;
mod known;
mod lanes;
mod ledger;
mod restore;
mod stored;
mod write;

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use treble_core::hook::{HookName, StoredHook};
use treble_core::ports::{CreateOutcome, HealthStore, HookStore, Page, PageRequest, StoreError};
use treble_core::streak::Health;

use super::item::{Item, check_format, read_number, read_text, unavailable};
use super::page::Listing;
use super::schema::SORT_KEY;
pub(super) use keys::GROUPS;
pub use keys::{DUE_SHARDS, due_partition};
use known::Known;
pub(super) use stored::hook_of;

/// How many hooks a group has.
const GROUP_SIZE: &str = "hooks";

/// Hooks in a DynamoDB table.
#[derive(Debug, Clone)]
pub struct DynamoHooks {
    client: Client,
    table: String,
    known: Arc<Known>,
}

impl DynamoHooks {
    /// The hooks in a table.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into(), known: Arc::default() }
    }

    fn listing(&self, partition: String) -> Listing<'_> {
        Listing { client: &self.client, table: &self.table, partition, range: None, backwards: false }
    }
}

#[async_trait]
impl HookStore for DynamoHooks {
    async fn get(&self, name: &HookName) -> Result<Option<StoredHook>, StoreError> {
        let reply = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(keys::hook_key(name)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| unavailable(format!("read hook {name}"), error))?;
        reply.item.as_ref().map(|item| stored::from_item_by(item, &self.known)).transpose()
    }

    async fn create(&self, hook: &StoredHook) -> Result<CreateOutcome, StoreError> {
        self.write_new(hook).await
    }

    async fn replace(&self, old: &StoredHook, new: &StoredHook) -> Result<bool, StoreError> {
        self.write_over(old, new).await
    }

    async fn remove(&self, hook: &StoredHook) -> Result<bool, StoreError> {
        self.write_away(hook).await
    }

    async fn set_token_generation(&self, hook: &StoredHook, generation: u64) -> Result<bool, StoreError> {
        self.write_generation(hook, generation).await
    }

    async fn groups(&self, page: &PageRequest) -> Result<Page<String>, StoreError> {
        self.listing(keys::GROUPS.into()).page(page, group).await
    }

    async fn list(&self, group: &str, page: &PageRequest) -> Result<Page<StoredHook>, StoreError> {
        let partition = keys::group_partition(group);
        self.listing(partition).page(page, |item| stored::from_item(item).map(Some)).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(keys::group_key("-")))
            .projection_expression(SORT_KEY)
            .send()
            .await
            .map_err(|error| unavailable("read the hooks table", error))?;
        Ok(())
    }
}

#[async_trait]
impl HealthStore for DynamoHooks {
    async fn set_health(&self, hook: &StoredHook, health: &Health) -> Result<bool, StoreError> {
        self.write_health(hook, health).await
    }
}

/// The group that an item counts the hooks of, if there are any.
fn group(item: &Item) -> Result<Option<String>, StoreError> {
    check_format(item)?;
    let size: i64 = read_number(item, GROUP_SIZE)?;
    let name = read_text(item, SORT_KEY)?;
    Ok((size > 0).then(|| name.to_owned()))
}
