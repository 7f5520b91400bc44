//! Executions of tasks of CDS, among the fire records.
//!
//! | `pk` | `sk` | attributes |
//! |---|---|---|
//! | `cds/<uuid>` | `<created, to the millisecond>#<taskId>` | the execution, which is a fire record once it is over |
//! | | `body#<created, to the nanosecond>#<taskId>#<number>` | `part` of what happened, where that is large; `expires` |
//! | `executions` | uuid | how many executions the task has: `executionsTotal`, `executionsTodo` |
//!
//! What happened is compressed. The parts of a large one are written before the execution, which says how many they are, and
//! removed after it, so that no execution is without; one who dies in between leaves parts that nobody
//! reads, until they expire or the task is removed.
//!
//! The counts change in the same transaction as the executions. That is why these don't expire: nobody would count them out.
//! They are few, as a task's old ones are [trimmed](treble_core::cds::ExecutionStore::trim), and go with their task.

mod counts;
mod parts;
mod remove;
mod stored;

use std::fmt;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
use jiff::Timestamp;
use treble_core::cds::{Counts, Execution, ExecutionStore};
use treble_core::hook::HookName;
use treble_core::ports::{Page, PageRequest, StoreError};

use self::counts::Difference;
use self::parts::Packed;
use super::condition::{self, Write};
use super::fires::stored::{self as record, record_key};
use super::item::{incomplete, instant, key, number, unavailable};
use super::page::Listing;
use super::schema::{PARTITION_KEY, REVISION};
use super::transaction::{put, transact, update};

/// Executions in a DynamoDB table of fire records.
#[derive(Clone)]
pub struct DynamoExecutions {
    client: Client,
    table: String,
}

impl DynamoExecutions {
    /// The executions in a table of fire records.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// The part of a task's partition between two sort keys.
    fn listing(&self, task: &HookName, first: String, last: String) -> Listing<'_> {
        Listing {
            client: &self.client,
            table: &self.table,
            partition: task.to_string(),
            range: Some(first..=last),
            backwards: true,
        }
    }

    /// The write of an execution over another, as long as that is what is stored.
    fn replacement(&self, old: &Execution, new: &Execution) -> Result<Update, StoreError> {
        let (expression, mut values) = stored::change(new);
        values.insert(":created".into(), instant(old.created));
        values.insert(":old".into(), number(old.revision));
        Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(old.task.to_string(), record_key(old.created, &old.task_id))))
            .update_expression(expression)
            .condition_expression(format!("{} = :created AND {REVISION} = :old", record::CREATED))
            .set_expression_attribute_values(Some(values))
            .build()
            .map_err(incomplete)
    }

    /// Makes writes that are one. False where a condition does not hold.
    async fn transact(&self, writes: Vec<TransactWriteItem>, what: String) -> Result<bool, StoreError> {
        let outcome = transact(&self.client, writes).await.map_err(|error| unavailable(what, error))?;
        Ok(matches!(outcome, Write::Made))
    }
}

#[async_trait]
impl ExecutionStore for DynamoExecutions {
    async fn create(&self, execution: &Execution) -> Result<bool, StoreError> {
        let packed = Packed::new(execution)?;
        let item = stored::to_item(execution, &packed)?;
        self.write_parts(execution, &packed).await?;
        let own = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(format!("attribute_not_exists({PARTITION_KEY})"))
            .build()
            .map_err(incomplete)?;
        let count = self.count(&execution.task, Difference::between(None, Some(execution.status)))?;
        self.transact(vec![put(own), count], stored::doing("create", execution)).await
    }

    async fn get(&self, task: &HookName, created: Timestamp) -> Result<Option<Execution>, StoreError> {
        let millisecond = record::millisecond(created);
        // `$` follows the `#` that ends the moment.
        let listing = self.listing(task, format!("{millisecond}#"), format!("{millisecond}$"));
        let read = |item: &_| {
            let found = stored::from_item(item)?.filter(|found| found.created == created);
            found.map(|found| Ok((found, stored::parts(item)?))).transpose()
        };
        let found = listing.page(&PageRequest::default(), read).await?.items.into_iter().next();
        let Some((mut execution, parts)) = found else { return Ok(None) };
        if let Some(parts) = parts {
            execution.cause = self.read_parts(&execution, parts).await?;
        }
        Ok(Some(execution))
    }

    async fn update(&self, old: &Execution, new: &Execution) -> Result<bool, StoreError> {
        stored::check_size(new, 0)?;
        let own = self.replacement(old, new)?;
        let difference = Difference::between(Some(old.status), Some(new.status));
        if !difference.is_none() {
            let writes = vec![update(own), self.count(&old.task, difference)?];
            return self.transact(writes, stored::doing("update", old)).await;
        }
        let attempt = || {
            self.client
                .update_item()
                .set_key(Some(own.key.clone()))
                .table_name(&self.table)
                .update_expression(&own.update_expression)
                .set_condition_expression(own.condition_expression.clone())
                .set_expression_attribute_values(own.expression_attribute_values.clone())
                .send()
        };
        let outcome = condition::write(attempt)
            .await
            .map_err(|error| unavailable(stored::doing("update", old), error))?;
        Ok(matches!(outcome, Write::Made))
    }

    async fn list(&self, task: &HookName, page: &PageRequest) -> Result<Page<Execution>, StoreError> {
        let (first, last) = stored::all();
        self.listing(task, first, last).page(page, stored::from_item).await
    }

    async fn counts(&self, task: &HookName) -> Result<Counts, StoreError> {
        self.read_counts(task).await
    }

    async fn all_counts(&self, page: &PageRequest) -> Result<Page<(String, Counts)>, StoreError> {
        self.list_counts(page).await
    }

    async fn trim(&self, task: &HookName, keep: usize) -> Result<usize, StoreError> {
        self.remove_older(task, keep).await
    }

    async fn remove_all(&self, task: &HookName) -> Result<(), StoreError> {
        self.remove_whole(task).await
    }
}

/// Names the table, not the client with its credentials.
impl fmt::Debug for DynamoExecutions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoExecutions").field("table", &self.table).finish_non_exhaustive()
    }
}
