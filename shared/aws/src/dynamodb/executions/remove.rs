//! Executions that go: those that are trimmed, and all of a task.

use aws_sdk_dynamodb::types::Delete;
use treble_core::cds::Status;
use treble_core::hook::HookName;
use treble_core::ports::StoreError;

use super::counts::Difference;
use super::{DynamoExecutions, parts, stored};
use crate::dynamodb::condition::{ATTEMPTS, Write};
use crate::dynamodb::fires::stored::{CREATED, EXECUTION_STATUS, read_word};
use crate::dynamodb::item::{
    Item, check_format, incomplete, key, number, read_number, read_text, text, unavailable,
};
use crate::dynamodb::schema::{FORMAT, PARTITION_KEY, REVISION, SORT_KEY};
use crate::dynamodb::transaction::{MAX_ITEMS, delete, transact};
use crate::patience::wait;

/// How many items are read at once.
const PAGE: i32 = 100;
/// How many executions are removed in a transaction: what it has room for beside the counts.
const BATCH: usize = MAX_ITEMS - 1;

/// As much of an execution as its removal needs.
struct Removable {
    sort_key: String,
    status: Status,
    revision: u64,
    /// The sort keys of its parts.
    parts: Vec<String>,
}

/// What became of executions that were to be removed.
#[derive(Default)]
struct Removed {
    removed: usize,
    /// Whether some were changed meanwhile, and stayed.
    stayed: bool,
}

impl DynamoExecutions {
    /// Removes executions that are over, but for the newest so many.
    pub(super) async fn remove_older(&self, task: &HookName, keep: usize) -> Result<usize, StoreError> {
        let (mut kept, mut removed, mut start) = (0, 0, None);
        loop {
            let (mut old, next) = self.removable(task, start).await?;
            old.retain(|execution| {
                let over = execution.status == Status::Done;
                let keeps = over && kept < keep;
                kept += usize::from(keeps);
                over && !keeps
            });
            // One that was changed meanwhile is not over any longer, or was removed by another.
            removed += self.remove(task, old).await?.removed;
            start = next;
            if start.is_none() {
                return Ok(removed);
            }
        }
    }

    /// Removes all executions, whatever their state, and what is beside them.
    pub(super) async fn remove_whole(&self, task: &HookName) -> Result<(), StoreError> {
        for number in 1..=ATTEMPTS {
            // Whoever creates one after this changes the counts, which then don't go.
            let counted = self.read_counts(task).await?;
            let outcome = self.remove_each(task).await?;
            if !outcome.stayed && self.remove_counts(task, counted, outcome.removed).await? {
                return self.remove_all_parts(task).await;
            }
            wait(number).await;
        }
        Err(unavailable(format!("remove the executions of task {task}"), "they change all the time"))
    }

    async fn remove_each(&self, task: &HookName) -> Result<Removed, StoreError> {
        let (mut all, mut start) = (Removed::default(), None);
        loop {
            let (executions, next) = self.removable(task, start).await?;
            let outcome = self.remove(task, executions).await?;
            all.removed += outcome.removed;
            all.stayed |= outcome.stayed;
            start = next;
            if start.is_none() {
                return Ok(all);
            }
        }
    }

    /// What is left of executions, also of those whose creation or removal was cut short.
    async fn remove_all_parts(&self, task: &HookName) -> Result<(), StoreError> {
        let (first, last) = parts::all();
        let mut start = None;
        loop {
            let (items, next) = self.keys(task, (&first, &last), SORT_KEY, start).await?;
            let sort_keys = items.iter().map(|item| read_text(item, SORT_KEY).map(str::to_owned));
            self.remove_parts(task, sort_keys.collect::<Result<Vec<_>, _>>()?).await?;
            start = next;
            if start.is_none() {
                return Ok(());
            }
        }
    }

    /// Removes executions, each as long as it is what was read; then their parts.
    async fn remove(&self, task: &HookName, executions: Vec<Removable>) -> Result<Removed, StoreError> {
        let mut outcome = Removed::default();
        let mut left = executions;
        while !left.is_empty() {
            let mut batch: Vec<_> = left.drain(..left.len().min(BATCH)).collect();
            let refused = self.remove_together(task, &batch).await?;
            if let Some(refused) = refused {
                // All of the batch are still there: those that have not changed are tried again.
                outcome.stayed = true;
                let mut refused = refused.into_iter();
                batch.retain(|_| !refused.next().unwrap_or(true));
                left.extend(batch);
                continue;
            }
            outcome.removed += batch.len();
            let parts = batch.into_iter().flat_map(|execution| execution.parts);
            self.remove_parts(task, parts).await?;
        }
        Ok(outcome)
    }

    /// Removes all of these and counts them out, or none: then tells of each whether it was its fault.
    async fn remove_together(
        &self,
        task: &HookName,
        batch: &[Removable],
    ) -> Result<Option<Vec<bool>>, StoreError> {
        let mut writes = Vec::with_capacity(batch.len() + 1);
        for execution in batch {
            let own = Delete::builder()
                .table_name(&self.table)
                .set_key(Some(key(task.to_string(), &execution.sort_key)))
                .condition_expression(format!("{REVISION} = :revision"))
                .expression_attribute_values(":revision", number(execution.revision))
                .build()
                .map_err(incomplete)?;
            writes.push(delete(own));
        }
        let gone = batch.iter().map(|execution| Difference::between(Some(execution.status), None));
        writes.push(self.count(task, gone.sum())?);
        let outcome = transact(&self.client, writes)
            .await
            .map_err(|error| unavailable(format!("remove executions of task {task}"), error))?;
        Ok(match outcome {
            Write::Made => None,
            Write::Refused(reasons) => {
                Some(reasons.iter().map(|reason| reason.code() == Some("ConditionalCheckFailed")).collect())
            }
        })
    }

    /// A page of a task's executions, newest first, and where the next one starts.
    async fn removable(
        &self,
        task: &HookName,
        start: Option<Item>,
    ) -> Result<(Vec<Removable>, Option<Item>), StoreError> {
        let wanted = [SORT_KEY, FORMAT, EXECUTION_STATUS, REVISION, CREATED, stored::PARTS].join(", ");
        let (first, last) = stored::all();
        let (items, next) = self.keys(task, (&first, &last), &wanted, start).await?;
        let executions = items.iter().filter(|item| item.contains_key(EXECUTION_STATUS)).map(|item| {
            check_format(item)?;
            Ok(Removable {
                sort_key: read_text(item, SORT_KEY)?.to_owned(),
                status: read_word(item, EXECUTION_STATUS)?,
                revision: read_number(item, REVISION)?,
                parts: parts::sort_keys(item)?,
            })
        });
        Ok((executions.collect::<Result<_, StoreError>>()?, next))
    }

    /// Some attributes of a page of a task's items, from the last sort key to the first.
    async fn keys(
        &self,
        task: &HookName,
        (first, last): (&str, &str),
        wanted: &str,
        start: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let reply = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression(format!(
                "{PARTITION_KEY} = :pk AND {SORT_KEY} BETWEEN :first AND :last"
            ))
            .expression_attribute_values(":pk", text(task.to_string()))
            .expression_attribute_values(":first", text(first))
            .expression_attribute_values(":last", text(last))
            .projection_expression(wanted)
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(PAGE)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| unavailable(format!("look for executions of task {task}"), error))?;
        Ok((reply.items.unwrap_or_default(), reply.last_evaluated_key))
    }
}
