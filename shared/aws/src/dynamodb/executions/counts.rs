//! How many executions each task has.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use treble_core::cds::{Counts, Status};
use treble_core::hook::HookName;
use treble_core::ports::{Page, PageRequest, StoreError};

use super::DynamoExecutions;
use crate::dynamodb::condition::{self, Write};
use crate::dynamodb::item::{
    Item, check_format, incomplete, key, number, read_number, read_text, sort_key, text, unavailable,
};
use crate::dynamodb::page::Listing;
use crate::dynamodb::schema::{FORMAT, FORMAT_VERSION};
use crate::dynamodb::transaction::update;

/// No hook's records are there: a hook's name has a slash.
const PARTITION: &str = "executions";
const UUID: &str = "taskUuid";
const TOTAL: &str = "executionsTotal";
const TODO: &str = "executionsTodo";

/// What a write does to a task's counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Difference {
    total: i64,
    todo: i64,
}

impl Difference {
    /// What becomes of an execution; None where there is none before, or after.
    pub(super) fn between(before: Option<Status>, after: Option<Status>) -> Self {
        let todo = |status: Option<Status>| i64::from(status.is_some_and(|status| status != Status::Done));
        Self {
            total: i64::from(after.is_some()) - i64::from(before.is_some()),
            todo: todo(after) - todo(before),
        }
    }

    pub(super) fn is_none(self) -> bool {
        self == Self::default()
    }
}

impl std::iter::Sum for Difference {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self { total: sum.total + one.total, todo: sum.todo + one.todo })
    }
}

impl DynamoExecutions {
    /// The change of a task's counts, as a part of a transaction.
    pub(super) fn count(
        &self,
        task: &HookName,
        difference: Difference,
    ) -> Result<TransactWriteItem, StoreError> {
        Update::builder()
            .table_name(&self.table)
            .set_key(Some(place(task)))
            .update_expression(format!(
                "ADD {TOTAL} :total, {TODO} :todo SET {FORMAT} = :format, {UUID} = :uuid"
            ))
            .expression_attribute_values(":total", number(difference.total))
            .expression_attribute_values(":todo", number(difference.todo))
            .expression_attribute_values(":format", number(FORMAT_VERSION))
            .expression_attribute_values(":uuid", text(task.id()))
            .build()
            .map(update)
            .map_err(incomplete)
    }

    pub(super) async fn read_counts(&self, task: &HookName) -> Result<Counts, StoreError> {
        let reply = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(place(task)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| unavailable(format!("count the executions of task {task}"), error))?;
        Ok(reply.item.as_ref().map(read).transpose()?.unwrap_or_default())
    }

    pub(super) async fn list_counts(&self, page: &PageRequest) -> Result<Page<(String, Counts)>, StoreError> {
        let listing = Listing {
            client: &self.client,
            table: &self.table,
            partition: PARTITION.into(),
            range: None,
            backwards: false,
        };
        listing.page(page, |item| Ok(Some((read_text(item, UUID)?.to_owned(), read(item)?)))).await
    }

    /// Forgets the counts of a task of which so many executions were removed since. False where others changed them.
    pub(super) async fn remove_counts(
        &self,
        task: &HookName,
        counted: Counts,
        removed: usize,
    ) -> Result<bool, StoreError> {
        let left = i128::from(counted.total) - removed as i128;
        let attempt = || {
            self.client
                .delete_item()
                .table_name(&self.table)
                .set_key(Some(place(task)))
                .condition_expression(format!("attribute_not_exists({TOTAL}) OR {TOTAL} = :left"))
                .expression_attribute_values(":left", number(left))
                .send()
        };
        let outcome = condition::write(attempt)
            .await
            .map_err(|error| unavailable(format!("forget the counts of task {task}"), error))?;
        Ok(matches!(outcome, Write::Made))
    }
}

fn place(task: &HookName) -> Item {
    key(PARTITION, sort_key(task.id().to_owned()))
}

fn read(item: &Item) -> Result<Counts, StoreError> {
    check_format(item)?;
    Ok(Counts { total: read_number(item, TOTAL)?, todo: read_number(item, TODO)? })
}
