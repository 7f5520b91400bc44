//! What came of firings, out of a backup and into one.

use jiff::Timestamp;
use treble_core::cds;
use treble_core::firing::FireRecord;
use treble_core::hook::{HookName, StoredHook};
use treble_core::ports::{Page, PageRequest, StoreError};
use treble_core::slugid::SlugId;
use treble_core::trace::TraceContext;

use super::{DynamoFires, expiry, stored};
use crate::dynamodb::item::{check_format, read_instant};
use crate::dynamodb::page::Listing;
use crate::dynamodb::restore::{Restore, Restored, restore};

/// A taskId that a firing of a hook has, so that no other gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimEntry {
    /// The hook.
    pub hook: HookName,
    /// The taskId.
    pub task_id: SlugId,
    /// The moment of the firing.
    pub created: Timestamp,
    /// The trace that the firing belongs to.
    pub trace: Option<TraceContext>,
}

impl DynamoFires {
    /// The taskIds that firings of a hook have claimed, in their own order. Those of an earlier hook of its name are not
    /// among them.
    pub async fn claims(
        &self,
        hook: &StoredHook,
        page: &PageRequest,
    ) -> Result<Page<ClaimEntry>, StoreError> {
        let listing = Listing {
            client: &self.client,
            table: &self.table,
            partition: hook.name.to_string(),
            range: Some(stored::claims()),
            backwards: false,
        };
        let claim = |item: &_| {
            check_format(item)?;
            let created = read_instant(item, stored::CREATED)?;
            let (hook_name, task_id) = (hook.name.clone(), stored::claimed(item)?);
            let entry = ClaimEntry { hook: hook_name, task_id, created, trace: stored::read_trace(item) };
            Ok((created >= hook.created).then_some(entry))
        };
        listing.page(page, claim).await
    }

    /// Puts a record of a backup in its place. An execution of a task of CDS that is there stays: it is more than its
    /// record, and is counted.
    pub async fn restore(&self, record: &FireRecord, how: Restore) -> Result<Restored, StoreError> {
        if record.hook.group() == cds::GROUP {
            let found = self.get(&record.hook, stored::record_key(record.created, &record.task_id)).await?;
            if let Some(execution) = found.filter(|item| item.contains_key(stored::EXECUTION_STATUS)) {
                let same = stored::from_item_if_over(&execution)?.as_ref() == Some(record);
                return Ok(if same { Restored::Same } else { Restored::Different });
            }
        }
        let item = stored::to_item(record, expiry(record.created))?;
        let what = format!("the record of task {}", record.task_id);
        restore(&self.client, &self.table, item, how, &what).await
    }

    /// Puts a claim of a backup in its place.
    pub async fn restore_claim(&self, claim: &ClaimEntry, how: Restore) -> Result<Restored, StoreError> {
        let item = stored::claim_item(claim, expiry(claim.created));
        let what = format!("the claim of task {}", claim.task_id);
        restore(&self.client, &self.table, item, how, &what).await
    }
}
