//! What came of an attempt.
//!
//! The lease of a lane may end while its holder is still at work; then two try the same delivery. What the integrator has taken
//! is delivered, whatever the other one says: who failed, or gave it up, writes on the condition that it still waits.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
use treble_core::gate::{Attempt, Delivery, DeliveryStatus};
use treble_core::ports::StoreError;

use super::stored;
use crate::dynamodb::gates::DynamoGates;
use crate::dynamodb::gates::names::{deliveries, waiting};
use crate::dynamodb::item::{incomplete, key, unavailable};
use crate::dynamodb::schema::PARTITION_KEY;
use crate::dynamodb::transaction::{delete, put, update};

impl DynamoGates {
    pub(super) async fn write_attempted(
        &self,
        delivery: &Delivery,
        attempt: Option<&Attempt>,
    ) -> Result<(), StoreError> {
        let what = || format!("note an attempt at delivery {}", delivery.id);
        let attempted = attempt.map(|attempt| stored::attempt_item(delivery, attempt));
        let mut writes = vec![self.record(delivery, attempt)?, self.place(delivery)?];
        if let Some(item) = &attempted {
            let write = Put::builder().table_name(&self.table).set_item(Some(item.clone()));
            writes.push(put(write.build().map_err(incomplete)?));
        }
        if self.transact(writes, what).await? {
            return Ok(());
        }
        // Somebody else was quicker. There was an attempt all the same.
        let Some(item) = attempted else { return Ok(()) };
        let write = self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await;
        write.map(drop).map_err(|error| unavailable(what(), error))
    }

    /// What its record says then.
    fn record(
        &self,
        delivery: &Delivery,
        attempt: Option<&Attempt>,
    ) -> Result<TransactWriteItem, StoreError> {
        let is_over = delivery.status != DeliveryStatus::Waiting;
        // Without an attempt nobody says what time it is; it was not given up later than that.
        let over = is_over.then(|| attempt.map_or(delivery.retry_until, |attempt| attempt.at));
        let (expression, values) = stored::progress(delivery, over);
        Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(deliveries(&delivery.integrator), delivery.id.as_str())))
            .update_expression(expression)
            .condition_expression(format!("attribute_exists({PARTITION_KEY})"))
            .set_expression_attribute_values(Some(values))
            .build()
            .map(update)
            .map_err(incomplete)
    }

    /// Whether it is still among those that wait.
    fn place(&self, delivery: &Delivery) -> Result<TransactWriteItem, StoreError> {
        let place = key(waiting(&delivery.integrator), delivery.id.as_str());
        let waits = format!("attribute_exists({PARTITION_KEY})");
        if delivery.status == DeliveryStatus::Waiting {
            let (expression, values) = stored::progress(delivery, None);
            let write = Update::builder()
                .table_name(&self.table)
                .set_key(Some(place))
                .update_expression(expression)
                .condition_expression(waits)
                .set_expression_attribute_values(Some(values));
            return write.build().map(update).map_err(incomplete);
        }
        let write = Delete::builder().table_name(&self.table).set_key(Some(place));
        let write = match delivery.status {
            DeliveryStatus::Delivered => write,
            _ => write.condition_expression(waits),
        };
        write.build().map(delete).map_err(incomplete)
    }
}
