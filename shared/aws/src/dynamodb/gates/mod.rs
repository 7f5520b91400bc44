//! What gates keep, in a table of their own.
//!
//! | `pk` | `sk` | attributes |
//! |---|---|---|
//! | `integrators` | name | `integrator`: all but its secrets, as JSON; `sealedSecrets`, `created`, `updated` |
//! | `event#<event>` | name | the same, of each that wants the event |
//! | `correlation#<work_id>` | `correlation` | `workId`, `event`, `created`, `own`; `expires` |
//! | `deliveries#<integrator>` | id | `event`, `body` as JSON, `created`, `retryUntil`, `deliveryStatus`, `attempts`, `lastError`; `expires` once it is over |
//! | `waiting#<integrator>` | id | the same, as long as it waits |
//! | `attempts#<id>` | `<moment>#<number>` | `attemptedAt`, `latencyMicros`, `httpStatus`, `problem`, `reply`; `expires` |
//! | `lane#<integrator>` | `lane` | `leaseToken`, `leaseUntil`, `again`; `failures`, `downSince`, `nextAttempt`, `ownerTold`, `lastError`; `expires` |
//!
//! An integrator and its rows by event change in one transaction, so that who wants an event is one Query. A delivery and its place
//! among those that wait do as well; so what waits is one Query, however many are over.
//!
//! What expired and is still there, as DynamoDB takes days to remove it, isn't read.

mod change;
mod correlations;
mod deliveries;
mod integrators;
mod lanes;
mod names;

use std::fmt;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use treble_core::ports::StoreError;
use treble_core::secret::MasterKey;

use super::condition::Write;
use super::item::{Item, corrupt, number, read_number, read_text, text, unavailable};
use super::page::Listing;
use super::schema::TIME_TO_LIVE;
use super::transaction::transact;
use crate::seal::Sealer;
pub(super) use names::INTEGRATORS;

/// How long what is over is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The longest JSON text that is kept: what fits an item beside the rest.
const MAX_JSON_BYTES: usize = 350 * 1024;

/// Integrators, correlations, deliveries and lanes in a DynamoDB table.
#[derive(Clone)]
pub struct DynamoGates {
    client: Client,
    table: String,
    sealer: Arc<Sealer>,
}

impl DynamoGates {
    /// What is in a table of gates. Integrators' secrets were sealed under this master key.
    pub fn new(client: Client, table: impl Into<String>, master_key: &MasterKey) -> Self {
        let sealer = Sealer::new(master_key, "seal secrets of integrators");
        Self { client, table: table.into(), sealer: Arc::new(sealer) }
    }

    fn listing(&self, partition: String) -> Listing<'_> {
        Listing { client: &self.client, table: &self.table, partition, range: None, backwards: false }
    }

    async fn item(&self, key: Item, what: impl FnOnce() -> String) -> Result<Option<Item>, StoreError> {
        let read = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        let reply = read.send().await.map_err(|error| unavailable(what(), error))?;
        Ok(reply.item.filter(|item| !is_over(item)))
    }

    /// Makes writes that are one. False where a condition does not hold.
    async fn transact(
        &self,
        writes: Vec<TransactWriteItem>,
        what: impl FnOnce() -> String,
    ) -> Result<bool, StoreError> {
        let outcome = transact(&self.client, writes).await.map_err(|error| unavailable(what(), error))?;
        Ok(matches!(outcome, Write::Made))
    }
}

/// Names the table, not the client with its credentials.
impl fmt::Debug for DynamoGates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoGates").field("table", &self.table).finish_non_exhaustive()
    }
}

/// When something expires that is over since then.
fn expires(since: Timestamp) -> AttributeValue {
    number(since.saturating_add(KEPT).unwrap_or(Timestamp::MAX).as_second())
}

/// Whether an item has expired.
fn is_over(item: &Item) -> bool {
    let expires = read_number::<i64>(item, TIME_TO_LIVE);
    expires.is_ok_and(|expires| expires <= Timestamp::now().as_second())
}

/// Something as JSON, if it fits; `what` says what it is.
fn json(value: &impl Serialize, what: impl Fn() -> String) -> Result<String, StoreError> {
    let json = serde_json::to_string(value)
        .map_err(|error| unavailable(format!("write {} as JSON", what()), error))?;
    if json.len() > MAX_JSON_BYTES {
        let (what, size) = (what(), json.len());
        return Err(StoreError::TooLarge {
            what: format!("{what}, {size} bytes of at most {MAX_JSON_BYTES},"),
        });
    }
    Ok(json)
}

/// What an attribute says as JSON.
fn read_json<T: DeserializeOwned>(item: &Item, name: &str) -> Result<T, StoreError> {
    let read = serde_json::from_str(read_text(item, name)?);
    read.map_err(|error| corrupt(item, name, &format!("can't be read: {error}")))
}

/// The text in an attribute that may be missing.
fn read_optional(item: &Item, name: &str) -> Result<Option<String>, StoreError> {
    item.contains_key(name).then(|| read_text(item, name).map(str::to_owned)).transpose()
}

fn insert_optional(item: &mut Item, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        item.insert(name.into(), text(value));
    }
}
