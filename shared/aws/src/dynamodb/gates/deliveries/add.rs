//! New deliveries, many in few transactions.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::{CancellationReason, Put, TransactWriteItem};
use futures_util::future::try_join_all;
use treble_core::gate::Delivery;
use treble_core::ports::StoreError;

use super::stored;
use crate::dynamodb::condition::Write;
use crate::dynamodb::gates::DynamoGates;
use crate::dynamodb::gates::names::{deliveries, waiting};
use crate::dynamodb::item::{Item, incomplete, item, unavailable};
use crate::dynamodb::schema::PARTITION_KEY;
use crate::dynamodb::transaction::{MAX_ITEMS, put, transact};

/// How many items a delivery is: its record, and its place among those that wait.
const ITEMS: usize = 2;
/// How much goes into one transaction, which may have 4 MB.
const MAX_BATCH_BYTES: usize = 3_500_000;

/// A delivery, ready to be written.
struct New<'a> {
    delivery: &'a Delivery,
    attributes: Item,
    bytes: usize,
}

impl DynamoGates {
    pub(super) async fn add_all(&self, added: &[Delivery]) -> Result<(), StoreError> {
        let mut seen = HashSet::new();
        let distinct = added.iter().filter(|delivery| seen.insert((&delivery.integrator, &delivery.id)));
        let added = distinct.map(New::of).collect::<Result<Vec<_>, _>>()?;
        try_join_all(batches(added).into_iter().map(|batch| self.add_batch(batch))).await.map(drop)
    }

    /// Adds those that aren't there yet: where one is, the transaction says so, and is made again without it.
    async fn add_batch(&self, mut batch: Vec<New<'_>>) -> Result<(), StoreError> {
        while let Some(first) = batch.first() {
            let what = format!("keep {} deliveries from {} on", batch.len(), first.delivery.id);
            let writes = batch.iter().map(|new| self.writes(new)).collect::<Result<Vec<_>, _>>()?;
            let writes = writes.into_iter().flatten().collect();
            let outcome =
                transact(&self.client, writes).await.map_err(|error| unavailable(what.clone(), error))?;
            let Write::Refused(reasons) = outcome else { return Ok(()) };
            let before = batch.len();
            let mut reasons = reasons.chunks(ITEMS);
            batch.retain(|_| reasons.next().is_some_and(|reasons| !reasons.iter().any(is_there)));
            if batch.len() == before {
                return Err(unavailable(what, "refused, and no reason told"));
            }
        }
        Ok(())
    }

    fn writes(&self, new: &New<'_>) -> Result<[TransactWriteItem; ITEMS], StoreError> {
        let Delivery { integrator, id, .. } = new.delivery;
        let row = |partition: String| {
            let mut row = item(partition, id.as_str());
            row.extend(new.attributes.clone());
            Put::builder().table_name(&self.table).set_item(Some(row))
        };
        let record = row(deliveries(integrator))
            .condition_expression(format!("attribute_not_exists({PARTITION_KEY})"))
            .build()
            .map_err(incomplete)?;
        let waiting = row(waiting(integrator)).build().map_err(incomplete)?;
        Ok([put(record), put(waiting)])
    }
}

fn is_there(reason: &CancellationReason) -> bool {
    reason.code() == Some("ConditionalCheckFailed")
}

impl<'a> New<'a> {
    fn of(delivery: &'a Delivery) -> Result<Self, StoreError> {
        let attributes = stored::attributes(delivery)?;
        let text = |value: &aws_sdk_dynamodb::types::AttributeValue| value.as_s().map_or(0, String::len);
        // Names, keys and numbers are some hundred bytes.
        let bytes = ITEMS * (500 + attributes.values().map(text).sum::<usize>());
        Ok(Self { delivery, attributes, bytes })
    }
}

/// Deliveries that fit in one transaction each time, by their number and by their size.
fn batches(added: Vec<New<'_>>) -> Vec<Vec<New<'_>>> {
    let mut batches: Vec<Vec<New<'_>>> = Vec::new();
    let mut bytes = 0;
    for new in added {
        bytes += new.bytes;
        match batches.last_mut() {
            Some(batch) if bytes <= MAX_BATCH_BYTES && (batch.len() + 1) * ITEMS <= MAX_ITEMS => {
                batch.push(new)
            }
            _ => {
                bytes = new.bytes;
                batches.push(vec![new]);
            }
        }
    }
    batches
}
