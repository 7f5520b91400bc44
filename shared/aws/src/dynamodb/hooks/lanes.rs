//! Lanes of deliveries that wait in the index of what is due.
//!
//! They are no hooks: their items are in partitions of their own, and so is their part of the index, which ticks read beside that of
//! scheduled hooks.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{BatchStatementErrorCodeEnum, BatchStatementRequest};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use treble_core::gate::IntegratorName;
use treble_core::gate::ports::{DueLane, DueLanes, LaterWakes};
use treble_core::ports::{StoreError, chain};

use super::due::BATCH;
use super::keys::{DUE_LANES, lane_key, lane_of};
use super::{DynamoHooks, stored};
use crate::dynamodb::item::{Item, corrupt, incomplete, number, text, unavailable};
use crate::dynamodb::schema::{
    DUE_AT, DUE_INDEX, DUE_PARTITION, FORMAT, FORMAT_VERSION, PARTITION_KEY, SORT_KEY,
};

#[async_trait]
impl LaterWakes for DynamoHooks {
    async fn wake_at(&self, integrator: &IntegratorName, at: Timestamp) -> Result<(), StoreError> {
        let mut item = lane_key(integrator);
        item.extend([
            (FORMAT.to_owned(), number(FORMAT_VERSION)),
            (DUE_PARTITION.to_owned(), text(DUE_LANES)),
            (DUE_AT.to_owned(), number(whole_milliseconds(at))),
        ]);
        let write = self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await;
        let failed = |error| unavailable(format!("let the lane of integrator {integrator} wait"), error);
        write.map(drop).map_err(failed)
    }
}

#[async_trait]
impl DueLanes for DynamoHooks {
    async fn due(&self, before: Timestamp, limit: usize) -> Result<Vec<DueLane>, StoreError> {
        let reply = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(DUE_INDEX)
            .key_condition_expression(format!("{DUE_PARTITION} = :due AND {DUE_AT} < :before"))
            .expression_attribute_values(":due", text(DUE_LANES))
            .expression_attribute_values(":before", number(whole_milliseconds(before)))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| unavailable("read which lanes are due", error))?;
        // One that can't be read must not hold up the others.
        let readable = |item: &Item| match due_lane(item) {
            Ok(lane) => Some(lane),
            Err(error) => {
                tracing::error!(error = chain(&error), "a lane that is due can't be read");
                None
            }
        };
        Ok(reply.items.unwrap_or_default().iter().filter_map(readable).collect())
    }

    async fn clear(&self, lanes: &[DueLane]) -> Result<(), StoreError> {
        try_join_all(lanes.chunks(BATCH).map(|batch| self.clear_batch(batch))).await.map(drop)
    }
}

impl DynamoHooks {
    /// In one call; each statement is for itself.
    async fn clear_batch(&self, batch: &[DueLane]) -> Result<(), StoreError> {
        let failed = "take lanes out of the index";
        let statements = batch.iter().map(|lane| self.removal(lane)).collect::<Result<Vec<_>, _>>()?;
        let reply = self.client.batch_execute_statement().set_statements(Some(statements)).send().await;
        let reply = reply.map_err(|error| unavailable(failed, error))?;
        let errors = reply.responses.unwrap_or_default().into_iter().filter_map(|response| response.error);
        for error in errors {
            // It waits for another moment by now, or is cleared.
            if error.code != Some(BatchStatementErrorCodeEnum::ConditionalCheckFailed) {
                let code = error.code.map_or_else(|| "no code".to_owned(), |code| code.as_str().to_owned());
                let message = error.message.unwrap_or_default();
                return Err(unavailable(failed, format!("{code}: {message}")));
            }
        }
        Ok(())
    }

    fn removal(&self, lane: &DueLane) -> Result<BatchStatementRequest, StoreError> {
        let statement = format!(
            "DELETE FROM \"{}\" WHERE \"{PARTITION_KEY}\"=? AND \"{SORT_KEY}\"=? AND \"{DUE_AT}\"=?",
            self.table
        );
        let mut key = lane_key(&lane.integrator);
        let parameters =
            [key.remove(PARTITION_KEY), key.remove(SORT_KEY), Some(number(lane.at.as_millisecond()))];
        BatchStatementRequest::builder()
            .statement(statement)
            .set_parameters(Some(parameters.into_iter().flatten().collect()))
            .build()
            .map_err(incomplete)
    }
}

/// The index counts milliseconds; a lane that comes before its time would only be sent away again.
fn whole_milliseconds(at: Timestamp) -> i64 {
    let millisecond = at.as_millisecond();
    let is_later = Timestamp::from_millisecond(millisecond).is_ok_and(|whole| whole < at);
    millisecond + i64::from(is_later)
}

fn due_lane(item: &Item) -> Result<DueLane, StoreError> {
    Ok(DueLane {
        integrator: lane_of(item)?,
        at: stored::due_at(item)?.ok_or_else(|| corrupt(item, DUE_AT, "is missing"))?,
    })
}
