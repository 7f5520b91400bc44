//! Fire records and claims as items, and back.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use treble_core::firing::{FireRecord, FireResult, FiredBy};
use treble_core::ports::StoreError;
use treble_core::slugid::SlugId;
use treble_core::trace::{TRACEPARENT, TraceContext};

use super::ClaimEntry;
use crate::dynamodb::item::{
    Item, check_format, corrupt, instant, item, number, read_instant, read_text, text,
};
use crate::dynamodb::schema::{PARTITION_KEY, SORT_KEY, TIME_TO_LIVE};

/// The moment of the firing.
pub(in crate::dynamodb) const CREATED: &str = "created";
/// What came of it. (`result` is a reserved word of DynamoDB.)
pub(in crate::dynamodb) const RESULT: &str = "outcome";
pub(in crate::dynamodb) const FIRED_BY: &str = "firedBy";
pub(in crate::dynamodb) const TASK_CREATED: &str = "taskCreated";
/// Absent where it would be empty. Of an execution, its last error, also where it went well in the end.
pub(in crate::dynamodb) const ERROR: &str = "errorText";
/// How far an execution of a task of CDS is; no other record has it.
pub(in crate::dynamodb) const EXECUTION_STATUS: &str = "executionStatus";
/// The task's status as JSON, where the sink keeps one.
const STATUS: &str = "taskStatus";

/// The largest error and status that are kept together, in bytes: what fits one item beside the rest.
pub(in crate::dynamodb) const MAX_TEXT_BYTES: usize = 380_000;

/// Where the record of a firing is.
pub(in crate::dynamodb) fn record_key(created: Timestamp, task_id: &SlugId) -> String {
    format!("{}#{task_id}", millisecond(created))
}

/// Where the claim of a taskId is.
pub(super) fn claim_key(task_id: &SlugId) -> String {
    format!("task#{task_id}")
}

/// Where the records are of firings since a moment: up to `:`, which follows the digits that a moment begins with.
pub(super) fn records_since(since: Timestamp) -> RangeInclusive<String> {
    millisecond(since)..=":".to_owned()
}

/// Where the claims are: `$` follows the `#` that ends the beginning of their keys.
pub(super) fn claims() -> RangeInclusive<String> {
    "task#".to_owned()..="task$".to_owned()
}

/// The taskId that an item claims.
pub(super) fn claimed(item: &Item) -> Result<SlugId, StoreError> {
    let task_id = read_text(item, SORT_KEY)?.strip_prefix("task#");
    let task_id = task_id.ok_or_else(|| corrupt(item, SORT_KEY, "is no claim's key"))?;
    task_id.parse().map_err(|error| corrupt(item, SORT_KEY, &format!("{error}")))
}

/// A moment as text that sorts by time. What is finer is cut off, so that a hook never begins after its first firing.
pub(in crate::dynamodb) fn millisecond(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// The item by which a firing claims its taskId.
pub(super) fn claim_item(claim: &ClaimEntry, expires: Timestamp) -> Item {
    let mut item = item(claim.hook.to_string(), claim_key(&claim.task_id));
    item.insert(CREATED.into(), instant(claim.created));
    item.insert(TIME_TO_LIVE.into(), number(expires.as_second()));
    if let Some(trace) = claim.trace {
        item.insert(TRACEPARENT.into(), text(trace.to_string()));
    }
    item
}

/// The trace that the firing of a claim belongs to.
pub(super) fn read_trace(claim: &Item) -> Option<TraceContext> {
    TraceContext::from_traceparent(claim.get(TRACEPARENT)?.as_s().ok()?)
}

/// The item of a record; without the task's status, where that is too large. The task exists by then: a record that says so
/// is worth more than one that could repeat the whole answer.
pub(super) fn to_item(record: &FireRecord, expires: Timestamp) -> Result<Item, StoreError> {
    let room = MAX_TEXT_BYTES.checked_sub(record.error.len());
    let status = record.status.as_ref().map(Value::to_string);
    let status = status.filter(|status| room.is_some_and(|room| status.len() <= room));
    if room.is_none() {
        return Err(StoreError::TooLarge { what: format!("the record of task {}", record.task_id) });
    }
    let mut item = item(record.hook.to_string(), record_key(record.created, &record.task_id));
    item.insert(CREATED.into(), instant(record.created));
    item.insert(FIRED_BY.into(), text(record.fired_by.as_str()));
    item.insert(TASK_CREATED.into(), instant(record.task_created));
    item.insert(RESULT.into(), text(record.result.as_str()));
    item.insert(TIME_TO_LIVE.into(), number(expires.as_second()));
    if !record.error.is_empty() {
        item.insert(ERROR.into(), text(&record.error));
    }
    if let Some(status) = status {
        item.insert(STATUS.into(), text(status));
    }
    Ok(item)
}

/// The record that an item holds.
pub(super) fn from_item(item: &Item) -> Result<FireRecord, StoreError> {
    check_format(item)?;
    let name = read_text(item, PARTITION_KEY)?;
    let (_, task_id) = read_text(item, SORT_KEY)?
        .split_once('#')
        .ok_or_else(|| corrupt(item, SORT_KEY, "is no record's key"))?;
    let result = read_word::<FireResult>(item, RESULT)?;
    let failed = result == FireResult::Error && item.contains_key(ERROR);
    let error = if failed { read_text(item, ERROR)?.to_owned() } else { String::new() };
    Ok(FireRecord {
        task_id: task_id.parse().map_err(|error| corrupt(item, SORT_KEY, &format!("{error}")))?,
        hook: name.parse().map_err(|error| corrupt(item, PARTITION_KEY, &format!("{error}")))?,
        fired_by: read_word::<FiredBy>(item, FIRED_BY)?,
        created: read_instant(item, CREATED)?,
        task_created: read_instant(item, TASK_CREATED)?,
        result,
        error,
        status: read_status(item)?,
    })
}

/// The same; None where it is an execution that is not over.
pub(super) fn from_item_if_over(item: &Item) -> Result<Option<FireRecord>, StoreError> {
    if item.contains_key(EXECUTION_STATUS) && !item.contains_key(RESULT) {
        return check_format(item).map(|()| None);
    }
    from_item(item).map(Some)
}

/// A value that is a word, by the name that serde knows it by.
pub(in crate::dynamodb) fn read_word<T: DeserializeOwned>(item: &Item, name: &str) -> Result<T, StoreError> {
    serde_json::from_value(Value::String(read_text(item, name)?.to_owned()))
        .map_err(|error| corrupt(item, name, &error.to_string()))
}

fn read_status(item: &Item) -> Result<Option<Value>, StoreError> {
    if !item.contains_key(STATUS) {
        return Ok(None);
    }
    serde_json::from_str(read_text(item, STATUS)?)
        .map(Some)
        .map_err(|error| corrupt(item, STATUS, &format!("is no JSON: {error}")))
}
