//! Fire records, and claims of taskIds.
//!
//! | `pk` | `sk` | attributes |
//! |---|---|---|
//! | `<group>/<hookId>` | `<created, to the millisecond>#<taskId>` | the record; `expires` |
//! | | `task#<taskId>` | `created`, and `traceparent` if any, of the firing that has the taskId; `expires` |
//!
//! Records sort by time and come before claims, as digits come before letters. A record that is overdue for removal is not
//! listed. An [execution](super::executions) of a task of CDS is a record once it is over, and none before.

mod backup;
pub(super) mod stored;

use std::fmt;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use jiff::{SignedDuration, Timestamp};
use treble_core::firing::{FireRecord, FireResult, Firing};
use treble_core::hook::{HookName, StoredHook};
use treble_core::ports::{Claim, FireStore, Page, PageRequest, StoreError};
use treble_core::slugid::SlugId;

use super::condition::{self, Write};
use super::item::{Item, instant, key, read_instant, text, unavailable};
use super::page::Listing;
use super::schema::PARTITION_KEY;
pub use backup::ClaimEntry;

/// How long records and claims are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(365 * 24);

/// How often a taskId is claimed that had a claim which, when it was to be read, was gone.
const CLAIM_ATTEMPTS: usize = 3;

/// Fire records in a DynamoDB table.
#[derive(Clone)]
pub struct DynamoFires {
    client: Client,
    table: String,
    clock: fn() -> Timestamp,
}

impl DynamoFires {
    /// The fire records in a table.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into(), clock: Timestamp::now }
    }

    async fn get(&self, hook: &HookName, sort_key: String) -> Result<Option<Item>, StoreError> {
        let reply = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(hook.to_string(), sort_key)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| unavailable(format!("read a firing of hook {hook}"), error))?;
        Ok(reply.item)
    }

    /// The claim that stands in the way of another, and what came of it.
    async fn earlier(
        &self,
        hook: &HookName,
        task_id: &SlugId,
        refused: PutItemError,
    ) -> Result<Option<Claim>, StoreError> {
        let known = match refused {
            PutItemError::ConditionalCheckFailedException(refused) => refused.item,
            _ => None,
        };
        let claim = match known {
            Some(item) => Some(item),
            None => self.get(hook, stored::claim_key(task_id)).await?,
        };
        let Some(claim) = claim else { return Ok(None) };
        let created = read_instant(&claim, stored::CREATED)?;
        let record = self.get(hook, stored::record_key(created, task_id)).await?;
        let record = record.as_ref().map(stored::from_item_if_over).transpose()?.flatten().map(Box::new);
        Ok(Some(Claim::Earlier { created, trace: stored::read_trace(&claim), record }))
    }
}

#[async_trait]
impl FireStore for DynamoFires {
    async fn claim(&self, hook: &StoredHook, firing: &Firing) -> Result<Claim, StoreError> {
        let claim = ClaimEntry {
            hook: firing.hook.clone(),
            task_id: firing.task_id.clone(),
            created: firing.created,
            trace: firing.trace,
        };
        let item = stored::claim_item(&claim, expiry(claim.created));
        let condition = format!("attribute_not_exists({PARTITION_KEY}) OR {} < :hook", stored::CREATED);
        for _ in 0..CLAIM_ATTEMPTS {
            let attempt = || {
                self.client
                    .put_item()
                    .table_name(&self.table)
                    .set_item(Some(item.clone()))
                    .condition_expression(&condition)
                    .expression_attribute_values(":hook", instant(hook.created))
                    .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                    .send()
            };
            let outcome = condition::write(attempt).await.map_err(|error| {
                unavailable(format!("claim task {} for hook {}", firing.task_id, firing.hook), error)
            })?;
            let Write::Refused(refused) = outcome else { return Ok(Claim::New) };
            if let Some(earlier) = self.earlier(&firing.hook, &firing.task_id, refused).await? {
                return Ok(earlier);
            }
        }
        Err(unavailable(format!("claim task {}", firing.task_id), "its claim comes and goes"))
    }

    async fn record(&self, record: &FireRecord) -> Result<bool, StoreError> {
        let item = stored::to_item(record, expiry(record.created))?;
        let condition = format!("attribute_not_exists({PARTITION_KEY}) OR {} = :error", stored::RESULT);
        let attempt = || {
            self.client
                .put_item()
                .table_name(&self.table)
                .set_item(Some(item.clone()))
                .condition_expression(&condition)
                .expression_attribute_values(":error", text(FireResult::Error.as_str()))
                .send()
        };
        let outcome = condition::write(attempt)
            .await
            .map_err(|error| unavailable(format!("record a firing of hook {}", record.hook), error))?;
        Ok(matches!(outcome, Write::Made))
    }

    async fn list(&self, hook: &StoredHook, page: &PageRequest) -> Result<Page<FireRecord>, StoreError> {
        let kept_since = (self.clock)().checked_sub(KEPT).unwrap_or(Timestamp::MIN);
        let listing = Listing {
            client: &self.client,
            table: &self.table,
            partition: hook.name.to_string(),
            range: Some(stored::records_since(hook.created.max(kept_since))),
            backwards: true,
        };
        listing.page(page, stored::from_item_if_over).await
    }
}

fn expiry(created: Timestamp) -> Timestamp {
    created.checked_add(KEPT).unwrap_or(Timestamp::MAX)
}

impl fmt::Debug for DynamoFires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoFires").field("table", &self.table).finish_non_exhaustive()
    }
}
