//! Executions as items, and back.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use treble_core::cds::{Config, Execution, Status};
use treble_core::firing::{FireResult, FiredBy};
use treble_core::ports::StoreError;

use super::parts::{self, Packed};
use crate::dynamodb::fires::stored::{
    CREATED, ERROR, EXECUTION_STATUS, FIRED_BY, MAX_TEXT_BYTES, RESULT, TASK_CREATED, read_word, record_key,
};
use crate::dynamodb::item::{
    Item, check_format, corrupt, instant, item, number, read_instant, read_number, read_text, text,
    unavailable,
};
use crate::dynamodb::schema::{PARTITION_KEY, REVISION, SORT_KEY};

/// How often it failed.
const ERRORS: &str = "errorCount";
const RUN: &str = "workflowRun";
const NOT_BEFORE: &str = "notBefore";
/// The task's configuration, as JSON.
const CONFIG: &str = "taskConfig";
/// What happened, compressed, where it is small.
const CAUSE: &str = "cause";
/// In how many items it is kept, where it is large.
pub(super) const PARTS: &str = "causeParts";

/// Where all executions are: moments begin with a digit, and `:` follows the digits.
pub(super) fn all() -> (String, String) {
    ("0".to_owned(), ":".to_owned())
}

/// What failed, e.g. "create the execution of task cds/x at 2026-…".
pub(super) fn doing(verb: &str, execution: &Execution) -> String {
    format!("{verb} the execution of task {} at {:.9}", execution.task, execution.created)
}

/// The item of an execution.
pub(super) fn to_item(execution: &Execution, packed: &Packed) -> Result<Item, StoreError> {
    let inline = packed.inline();
    check_size(execution, inline.map_or(0, <[u8]>::len))?;
    let mut item = item(execution.task.to_string(), record_key(execution.created, &execution.task_id));
    item.insert(CREATED.into(), instant(execution.created));
    item.insert(FIRED_BY.into(), text(execution.fired_by.as_str()));
    item.insert(CONFIG.into(), text(config(execution)?));
    if let Some(inline) = inline {
        item.insert(CAUSE.into(), AttributeValue::B(Blob::new(inline)));
    }
    if let Some(parts) = packed.parts() {
        item.insert(PARTS.into(), number(parts.len()));
    }
    for (name, value) in changing(execution) {
        if let Some(value) = value {
            item.insert(name.into(), value);
        }
    }
    Ok(item)
}

/// The execution that an item holds; None where it is another record of a firing.
pub(super) fn from_item(item: &Item) -> Result<Option<Execution>, StoreError> {
    if !item.contains_key(EXECUTION_STATUS) {
        return Ok(None);
    }
    check_format(item)?;
    let task = read_text(item, PARTITION_KEY)?;
    let (_, task_id) = read_text(item, SORT_KEY)?
        .split_once('#')
        .ok_or_else(|| corrupt(item, SORT_KEY, "is no execution's key"))?;
    let instant = |name| item.contains_key(name).then(|| read_instant(item, name)).transpose();
    let last_error = item.contains_key(ERROR).then(|| read_text(item, ERROR).map(str::to_owned));
    Ok(Some(Execution {
        task: task.parse().map_err(|error| corrupt(item, PARTITION_KEY, &format!("{error}")))?,
        task_id: task_id.parse().map_err(|error| corrupt(item, SORT_KEY, &format!("{error}")))?,
        fired_by: read_word::<FiredBy>(item, FIRED_BY)?,
        created: read_instant(item, CREATED)?,
        status: read_word::<Status>(item, EXECUTION_STATUS)?,
        errors: read_number(item, ERRORS)?,
        last_error: last_error.transpose()?,
        processed: instant(TASK_CREATED)?,
        run: item.contains_key(RUN).then(|| read_number(item, RUN)).transpose()?,
        not_before: instant(NOT_BEFORE)?,
        revision: read_number(item, REVISION)?,
        config: read_config(item)?,
        cause: item.get(CAUSE).map(|inline| parts::unpack_inline(item, CAUSE, inline)).transpose()?,
    }))
}

/// In how many items of its own an execution's cause is.
pub(super) fn parts(item: &Item) -> Result<Option<usize>, StoreError> {
    item.contains_key(PARTS).then(|| read_number(item, PARTS)).transpose()
}

/// The expression that makes an item one of this execution, and its values.
pub(super) fn change(execution: &Execution) -> (String, Item) {
    let (mut set, mut remove, mut values) = (Vec::new(), Vec::new(), Item::new());
    for (name, value) in changing(execution) {
        match value {
            Some(value) => {
                set.push(format!("{name} = :{name}"));
                values.insert(format!(":{name}"), value);
            }
            None => remove.push(name),
        }
    }
    let remove = if remove.is_empty() { String::new() } else { format!(" REMOVE {}", remove.join(", ")) };
    (format!("SET {}{remove}", set.join(", ")), values)
}

/// What changes in an execution's life. Once it is over, it has what makes it a fire record.
fn changing(execution: &Execution) -> [(&'static str, Option<AttributeValue>); 8] {
    let over = execution.status == Status::Done;
    let processed = execution.processed.or(over.then_some(execution.created));
    [
        (EXECUTION_STATUS, Some(text(execution.status.as_str()))),
        (REVISION, Some(number(execution.revision))),
        (ERRORS, Some(number(execution.errors))),
        (ERROR, execution.last_error.as_ref().map(text)),
        (TASK_CREATED, processed.map(instant)),
        (RESULT, over.then(|| text(result(execution).as_str()))),
        (RUN, execution.run.map(number)),
        (NOT_BEFORE, execution.not_before.map(instant)),
    ]
}

/// What came of an execution that is over: it went well where it started a run, or had nothing to complain of.
fn result(execution: &Execution) -> FireResult {
    match (execution.run, &execution.last_error) {
        (None, Some(_)) => FireResult::Error,
        _ => FireResult::Success,
    }
}

/// Checks that an execution fits its item.
pub(super) fn check_size(execution: &Execution, inline: usize) -> Result<(), StoreError> {
    let error = execution.last_error.as_ref().map_or(0, String::len);
    if config(execution)?.len() + error + inline > MAX_TEXT_BYTES {
        let what = format!("the execution of task {} at {:.9}", execution.task, execution.created);
        return Err(StoreError::TooLarge { what });
    }
    Ok(())
}

fn config(execution: &Execution) -> Result<String, StoreError> {
    serde_json::to_string(&execution.config)
        .map_err(|error| unavailable(doing("write the configuration of", execution), error))
}

fn read_config(item: &Item) -> Result<Config, StoreError> {
    serde_json::from_str(read_text(item, CONFIG)?)
        .map_err(|error| corrupt(item, CONFIG, &format!("is no configuration: {error}")))
}
