//! What happened, compressed: in the execution's own item where it is small, in others beside where it is large.

use std::io::{self, Read, Write};

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, PutRequest, WriteRequest};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use jiff::{SignedDuration, Timestamp};
use treble_core::cds::{Cause, Execution};
use treble_core::hook::HookName;
use treble_core::ports::{PageRequest, StoreError};

use super::{DynamoExecutions, stored};
use crate::dynamodb::condition::ATTEMPTS;
use crate::dynamodb::fires::stored::CREATED;
use crate::dynamodb::item::{
    Item, corrupt, incomplete, item, key, number, read_instant, read_text, unavailable,
};
use crate::dynamodb::schema::{SORT_KEY, TIME_TO_LIVE};
use crate::patience::wait;

/// The most bytes that are kept in the execution's own item: each listing reads them.
const MAX_INLINE_BYTES: usize = 4 * 1024;
/// The bytes of a part: what fits an item beside its key.
const PART_BYTES: usize = 350 * 1024;
/// The most parts, some 35 MB: more than any way in lets through.
const MAX_PARTS: usize = 100;
/// The most items of a call of BatchWriteItem.
const BATCH: usize = 25;
/// How long parts are kept, as fire records are.
const KEPT: SignedDuration = SignedDuration::from_hours(365 * 24);

const PART: &str = "part";

/// A cause as it is kept.
pub(super) enum Packed {
    /// There is none.
    Nothing,
    /// In the execution's own item.
    Inline(Vec<u8>),
    /// In items of their own.
    Parts(Vec<u8>),
}

impl Packed {
    /// The cause of an execution.
    pub(super) fn new(execution: &Execution) -> Result<Self, StoreError> {
        let Some(cause) = &execution.cause else { return Ok(Self::Nothing) };
        let compressed =
            pack(cause).map_err(|error| unavailable(stored::doing("compress", execution), error))?;
        if compressed.len() > MAX_PARTS * PART_BYTES {
            return Err(StoreError::TooLarge { what: format!("what fired task {}", execution.task) });
        }
        Ok(match compressed.len() <= MAX_INLINE_BYTES {
            true => Self::Inline(compressed),
            false => Self::Parts(compressed),
        })
    }

    /// What is kept in the execution's own item.
    pub(super) fn inline(&self) -> Option<&[u8]> {
        if let Self::Inline(compressed) = self { Some(compressed) } else { None }
    }

    /// What is kept beside, in their order.
    pub(super) fn parts(&self) -> Option<std::slice::Chunks<'_, u8>> {
        if let Self::Parts(compressed) = self { Some(compressed.chunks(PART_BYTES)) } else { None }
    }
}

fn pack(cause: &Cause) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&serde_json::to_vec(cause)?)?;
    encoder.finish()
}

fn unpack(compressed: &[u8]) -> io::Result<Cause> {
    let mut json = Vec::new();
    GzDecoder::new(compressed).read_to_end(&mut json)?;
    Ok(serde_json::from_slice(&json)?)
}

/// The cause in an execution's own item.
pub(super) fn unpack_inline(item: &Item, name: &str, value: &AttributeValue) -> Result<Cause, StoreError> {
    let compressed = value.as_b().map_err(|_| corrupt(item, name, "is no bytes"))?;
    unpack(compressed.as_ref()).map_err(|error| corrupt(item, name, &format!("can't be read: {error}")))
}

impl DynamoExecutions {
    /// Writes the parts of a cause, if it has any: again over themselves, where they are there already.
    pub(super) async fn write_parts(&self, execution: &Execution, packed: &Packed) -> Result<(), StoreError> {
        let Some(parts) = packed.parts() else { return Ok(()) };
        let expires = execution.created.checked_add(KEPT).unwrap_or(Timestamp::MAX);
        let prefix = prefix(execution.created, execution.task_id.as_str());
        let mut writes = Vec::new();
        for (place, part) in parts.enumerate() {
            let mut item = item(execution.task.to_string(), format!("{prefix}{place:03}"));
            item.insert(PART.into(), AttributeValue::B(Blob::new(part)));
            item.insert(TIME_TO_LIVE.into(), number(expires.as_second()));
            let put = PutRequest::builder().set_item(Some(item)).build().map_err(incomplete)?;
            writes.push(WriteRequest::builder().put_request(put).build());
        }
        self.write_batches(writes, &stored::doing("keep what caused", execution)).await
    }

    /// What an execution's parts hold. None where not all of them are there: they have expired, or are being removed.
    pub(super) async fn read_parts(
        &self,
        execution: &Execution,
        count: usize,
    ) -> Result<Option<Cause>, StoreError> {
        let first = prefix(execution.created, execution.task_id.as_str());
        // `:` follows the digits that a part's key ends with.
        let mut listing = self.listing(&execution.task, format!("{first}0"), format!("{first}:"));
        listing.backwards = false;
        let part = |item: &Item| {
            let part = item.get(PART).and_then(|part| part.as_b().ok());
            Ok(Some(part.ok_or_else(|| corrupt(item, PART, "is missing or no bytes"))?.clone().into_inner()))
        };
        let parts = listing.page(&PageRequest::default(), part).await?.items;
        if parts.len() != count {
            return Ok(None);
        }
        unpack(&parts.concat()).map(Some).map_err(|error| StoreError::Corrupt {
            what: format!(
                "what caused the execution of task {} at {:.9}: {error}",
                execution.task, execution.created
            ),
        })
    }

    /// Removes the parts whose sort keys these are.
    pub(super) async fn remove_parts(
        &self,
        task: &HookName,
        sort_keys: impl IntoIterator<Item = String>,
    ) -> Result<(), StoreError> {
        let mut writes = Vec::new();
        for sort_key in sort_keys {
            let delete = DeleteRequest::builder().set_key(Some(key(task.to_string(), sort_key)));
            let delete = delete.build().map_err(incomplete)?;
            writes.push(WriteRequest::builder().delete_request(delete).build());
        }
        self.write_batches(writes, &format!("remove what caused executions of task {task}")).await
    }

    /// Writes without conditions, which may be made twice.
    async fn write_batches(&self, writes: Vec<WriteRequest>, what: &str) -> Result<(), StoreError> {
        for batch in writes.chunks(BATCH) {
            let mut left = batch.to_vec();
            for number in 1.. {
                let call = self.client.batch_write_item().request_items(&self.table, left).send().await;
                let reply = call.map_err(|error| unavailable(what, error))?;
                left =
                    reply.unprocessed_items.and_then(|mut left| left.remove(&self.table)).unwrap_or_default();
                if left.is_empty() {
                    break;
                }
                if number == ATTEMPTS {
                    return Err(unavailable(what, "the table has no capacity to spare"));
                }
                wait(number).await;
            }
        }
        Ok(())
    }
}

/// How the keys of an execution's parts begin.
fn prefix(created: Timestamp, task_id: &str) -> String {
    format!("body#{created:.9}#{task_id}#")
}

/// The keys of the parts of the execution in an item, which may be told of in part.
pub(super) fn sort_keys(item: &Item) -> Result<Vec<String>, StoreError> {
    let Some(count) = stored::parts(item)? else { return Ok(Vec::new()) };
    let task_id = read_text(item, SORT_KEY)?.split_once('#').map_or("", |(_, task_id)| task_id);
    let prefix = prefix(read_instant(item, CREATED)?, task_id);
    Ok((0..count).map(|place| format!("{prefix}{place:03}")).collect())
}

/// Where the parts of all executions of a task are: `$` follows the `#`.
pub(super) fn all() -> (String, String) {
    ("body#".to_owned(), "body$".to_owned())
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::Client;
    use serde_json::{Value, json};

    use super::*;
    use crate::stub::{Step, Stub};

    fn executions(stub: &Stub) -> DynamoExecutions {
        DynamoExecutions::new(Client::new(&stub.sdk_config()), "fires")
    }

    fn keys() -> impl Iterator<Item = String> {
        (0..30).map(|number| format!("body#{number}"))
    }

    fn left(stub: &Stub) -> Vec<usize> {
        let size = |sent: &Value| sent["RequestItems"]["fires"].as_array().unwrap().len();
        stub.sent().iter().map(|sent| size(&sent.json())).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_left_over_is_written_again() {
        let over = json!([{"DeleteRequest": {"Key": {"pk": {"S": "cds/a"}, "sk": {"S": "body#7"}}}}]);
        let stub = Stub::new([
            Step::json(200, &json!({"UnprocessedItems": {"fires": over}})),
            Step::json(200, &json!({"UnprocessedItems": {}})),
            Step::json(200, &json!({})),
        ]);
        executions(&stub).remove_parts(&"cds/a".parse().unwrap(), keys()).await.unwrap();
        assert_eq!(left(&stub), [25, 1, 5]);
        assert_eq!(stub.sent()[1].json()["RequestItems"]["fires"], over);
    }

    #[tokio::test(start_paused = true)]
    async fn a_table_without_capacity_is_told_of() {
        let over = json!([{"DeleteRequest": {"Key": {"pk": {"S": "cds/a"}, "sk": {"S": "body#7"}}}}]);
        let step = Step::json(200, &json!({"UnprocessedItems": {"fires": over}}));
        let stub = Stub::new(vec![step; 8]);
        let error = executions(&stub).remove_parts(&"cds/a".parse().unwrap(), keys()).await.unwrap_err();
        assert_eq!(error.to_string(), "the store failed to remove what caused executions of task cds/a");
        assert_eq!(stub.sent().len(), 8);
    }
}
