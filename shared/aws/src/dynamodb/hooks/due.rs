//! The index of scheduled hooks, as ticks use it.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{BatchStatementError, BatchStatementErrorCodeEnum, BatchStatementRequest};
use futures_util::future::join_all;
use jiff::Timestamp;
use treble_core::ports::{Advance, DueHook, DueIndex, DuePage, StoreError, chain};

use super::keys::{due_partition, hook_key};
use super::{DUE_SHARDS, DynamoHooks, stored};
use crate::dynamodb::item::{Item, corrupt, incomplete, number, read_number, read_texts, text, unavailable};
use crate::dynamodb::schema::{
    DUE_AT, DUE_INDEX, DUE_PARTITION, PARTITION_KEY, PATTERNS, REVISION, SORT_KEY,
};

/// The most statements that DynamoDB takes at once.
pub(super) const BATCH: usize = 25;

#[async_trait]
impl DueIndex for DynamoHooks {
    fn shards(&self) -> u8 {
        DUE_SHARDS
    }

    async fn due(
        &self,
        shard: u8,
        before: Timestamp,
        after: Option<&DueHook>,
        limit: usize,
    ) -> Result<DuePage, StoreError> {
        let reply = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(DUE_INDEX)
            .key_condition_expression(format!("{DUE_PARTITION} = :due AND {DUE_AT} < :before"))
            .expression_attribute_values(":due", text(due_partition(shard)))
            .expression_attribute_values(":before", number(before.as_millisecond()))
            .set_exclusive_start_key(after.map(|after| index_key(shard, after)))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| unavailable(format!("read what is due in shard {shard}"), error))?;
        // One that can't be read must not hold up the others.
        let readable = |item: &Item| match due_hook(item) {
            Ok(hook) => Some(hook),
            Err(error) => {
                tracing::error!(error = chain(&error), "a hook that is due can't be read");
                None
            }
        };
        let hooks = reply.items.unwrap_or_default().iter().filter_map(readable).collect();
        Ok(DuePage { hooks, more: reply.last_evaluated_key.is_some() })
    }

    async fn advance(&self, hooks: &[Advance]) -> Vec<Result<bool, StoreError>> {
        let batches = hooks.chunks(BATCH).map(|batch| self.advance_batch(batch));
        join_all(batches).await.into_iter().flatten().collect()
    }
}

impl DynamoHooks {
    /// In one call; each statement is for itself.
    async fn advance_batch(&self, batch: &[Advance]) -> Vec<Result<bool, StoreError>> {
        let failed = |error: StoreError| {
            let reason = chain(&error);
            batch.iter().map(|step| Err(unavailable(operation(step), reason.clone()))).collect()
        };
        let statements = match batch.iter().map(|step| self.statement(step)).collect::<Result<Vec<_>, _>>() {
            Ok(statements) => statements,
            Err(error) => return failed(error),
        };
        let reply = self.client.batch_execute_statement().set_statements(Some(statements)).send().await;
        match reply {
            Ok(reply) => {
                let mut responses = reply.responses.unwrap_or_default().into_iter();
                let outcome = |step| match responses.next() {
                    Some(response) => response.error.map_or(Ok(true), |error| refused(step, error)),
                    None => Err(unavailable(operation(step), "no answer to this part of the request")),
                };
                batch.iter().map(outcome).collect()
            }
            Err(error) => failed(unavailable("move hooks on", error)),
        }
    }

    fn statement(&self, step: &Advance) -> Result<BatchStatementRequest, StoreError> {
        let change = match step.to {
            Some(_) => format!("SET \"{DUE_AT}\"=?"),
            None => format!("REMOVE \"{DUE_PARTITION}\" REMOVE \"{DUE_AT}\" REMOVE \"{PATTERNS}\""),
        };
        let statement = format!(
            "UPDATE \"{}\" {change} WHERE \"{PARTITION_KEY}\"=? AND \"{SORT_KEY}\"=? AND \"{DUE_AT}\"=? AND \"{REVISION}\"=?",
            self.table
        );
        let mut key = hook_key(&step.hook);
        let condition = [
            key.remove(PARTITION_KEY),
            key.remove(SORT_KEY),
            Some(number(step.from.as_millisecond())),
            Some(number(step.revision)),
        ];
        let parameters = step.to.map(|to| number(to.as_millisecond())).into_iter();
        BatchStatementRequest::builder()
            .statement(statement)
            .set_parameters(Some(parameters.chain(condition.into_iter().flatten()).collect()))
            .build()
            .map_err(incomplete)
    }
}

fn operation(step: &Advance) -> String {
    format!("move hook {} on", step.hook)
}

fn refused(step: &Advance, error: BatchStatementError) -> Result<bool, StoreError> {
    match error.code {
        Some(BatchStatementErrorCodeEnum::ConditionalCheckFailed) => Ok(false),
        code => {
            let code = code.map_or_else(|| "no code".to_owned(), |code| code.as_str().to_owned());
            let message = error.message.unwrap_or_default();
            Err(unavailable(operation(step), format!("{code}: {message}")))
        }
    }
}

fn due_hook(item: &Item) -> Result<DueHook, StoreError> {
    Ok(DueHook {
        name: stored::name(item)?,
        at: stored::due_at(item)?.ok_or_else(|| corrupt(item, DUE_AT, "is missing"))?,
        schedule: read_texts(item, PATTERNS)?,
        revision: read_number(item, REVISION)?,
    })
}

/// Where in the index a hook is.
fn index_key(shard: u8, hook: &DueHook) -> Item {
    let mut key = hook_key(&hook.name);
    key.insert(DUE_PARTITION.into(), text(due_partition(shard)));
    key.insert(DUE_AT.into(), number(hook.at.as_millisecond()));
    key
}
