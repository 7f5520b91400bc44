//! What the service knows of itself at CDS, in the table of clients and roles.
//!
//! | `pk` | `sk` | attributes |
//! |---|---|---|
//! | `cds` | `registration` | `sealedHash`, `registered`: of the last one that went well; `problem` of the last one, if it didn't |
//! | | `maintenance` | `since`; there is no such item but in a maintenance |
//!
//! The hash is sealed: whoever reads the table can't call as CDS.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use treble_core::cds::{ServiceState, ServiceStateStore};
use treble_core::ports::{PageRequest, StoreError};
use treble_core::secret::MasterKey;

use super::item::{
    Item, check_format, instant, item, key, number, read_instant, read_text, text, unavailable,
};
use super::page::Listing;
use super::schema::{FORMAT, FORMAT_VERSION, SORT_KEY};
use crate::seal::Sealer;

const PARTITION: &str = "cds";
const REGISTRATION: &str = "registration";
const MAINTENANCE: &str = "maintenance";

const SEALED_HASH: &str = "sealedHash";
const REGISTERED: &str = "registered";
const PROBLEM: &str = "problem";
const SINCE: &str = "since";

/// Whom the hash is sealed for.
const OWNER: &str = "cds";

/// The state of the service at CDS, in a DynamoDB table.
#[derive(Clone)]
pub struct DynamoServiceState {
    client: Client,
    table: String,
    sealer: Arc<Sealer>,
}

impl DynamoServiceState {
    /// The state in a table of clients and roles, whose hash was sealed under this master key.
    pub fn new(client: Client, table: impl Into<String>, master_key: &MasterKey) -> Self {
        let sealer = Sealer::new(master_key, "seal the hash of the service at CDS");
        Self { client, table: table.into(), sealer: Arc::new(sealer) }
    }

    /// Adds to a state what an item says of it.
    fn read_item(&self, state: &mut ServiceState, item: &Item) -> Result<(), StoreError> {
        check_format(item)?;
        match read_text(item, SORT_KEY)? {
            REGISTRATION => {
                let optional = |name| item.contains_key(name).then(|| read_text(item, name));
                state.last_error = optional(PROBLEM).transpose()?.map(str::to_owned);
                state.registered =
                    item.contains_key(REGISTERED).then(|| read_instant(item, REGISTERED)).transpose()?;
                if let Some(sealed) = item.get(SEALED_HASH) {
                    let sealed = sealed.as_b().map_or(&[][..], Blob::as_ref);
                    state.hash = self.sealer.open(OWNER, sealed);
                    // Under a new master key the service has to register again, and will: that is no reason to fail.
                    if state.hash.is_none() {
                        state.last_error =
                            Some("the hash that CDS gave was sealed under another master key".to_owned());
                    }
                }
            }
            MAINTENANCE => state.maintenance_since = Some(read_instant(item, SINCE)?),
            _ => {}
        }
        Ok(())
    }

    /// What a registration changes, and the values of it.
    fn outcome(&self, now: Timestamp, outcome: Result<&str, &str>) -> Result<(String, Item), StoreError> {
        let mut values = Item::from([(":format".to_owned(), number(FORMAT_VERSION))]);
        let update = match outcome {
            Ok(hash) => {
                let sealed = self.sealer.seal(OWNER, hash);
                let sealed = sealed.map_err(|error| unavailable("seal the hash that CDS gave", error))?;
                values.insert(":hash".into(), AttributeValue::B(Blob::new(sealed)));
                values.insert(":now".into(), instant(now));
                format!("SET {FORMAT} = :format, {SEALED_HASH} = :hash, {REGISTERED} = :now REMOVE {PROBLEM}")
            }
            Err(problem) => {
                values.insert(":problem".into(), text(problem));
                format!("SET {FORMAT} = :format, {PROBLEM} = :problem")
            }
        };
        Ok((update, values))
    }
}

#[async_trait]
impl ServiceStateStore for DynamoServiceState {
    async fn read(&self) -> Result<ServiceState, StoreError> {
        let listing = Listing {
            client: &self.client,
            table: &self.table,
            partition: PARTITION.into(),
            range: None,
            backwards: false,
        };
        let items = listing.page(&PageRequest::default(), |item| Ok(Some(item.clone()))).await?.items;
        let mut state = ServiceState::default();
        for item in &items {
            self.read_item(&mut state, item)?;
        }
        Ok(state)
    }

    async fn set_registration(&self, now: Timestamp, outcome: Result<&str, &str>) -> Result<(), StoreError> {
        let (update, values) = self.outcome(now, outcome)?;
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(PARTITION, REGISTRATION)))
            .update_expression(update)
            .set_expression_attribute_values(Some(values))
            .send()
            .await
            .map_err(|error| unavailable("keep the registration at CDS", error))?;
        Ok(())
    }

    async fn set_maintenance(&self, since: Option<Timestamp>) -> Result<(), StoreError> {
        let failed = "keep the maintenance of the service at CDS";
        match since {
            Some(since) => {
                let mut item = item(PARTITION, MAINTENANCE);
                item.insert(SINCE.into(), instant(since));
                let write = self.client.put_item().table_name(&self.table).set_item(Some(item)).send();
                write.await.map(drop).map_err(|error| unavailable(failed, error))
            }
            None => {
                let key = key(PARTITION, MAINTENANCE);
                let write = self.client.delete_item().table_name(&self.table).set_key(Some(key)).send();
                write.await.map(drop).map_err(|error| unavailable(failed, error))
            }
        }
    }
}

/// Names the table, not the client with its credentials.
impl fmt::Debug for DynamoServiceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoServiceState").field("table", &self.table).finish_non_exhaustive()
    }
}
