//! A hook as an item, and back.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use treble_core::definition::Definition;
use treble_core::hook::{Hook, HookName, MAX_DEFINITION_BYTES, StoredHook};
use treble_core::ports::StoreError;

use super::keys::{due_partition_of, group_partition};
use super::known::Known;
use crate::dynamodb::item::{
    Item, corrupt, instant, item, number, read_instant, read_number, read_text, text, unavailable,
};
use crate::dynamodb::schema::{DUE_AT, DUE_PARTITION, PARTITION_KEY, SORT_KEY};

/// The definition, as JSON. (`definition` is a reserved word of DynamoDB.)
pub(super) const DEFINITION: &str = "hookDefinition";
/// When the hook was created.
pub(super) const CREATED: &str = "created";
/// Grows by one at each update.
pub(super) const REVISION: &str = "revision";
/// The generation of the trigger token.
pub(super) const TOKEN_GENERATION: &str = "tokenGeneration";

/// The item of a hook.
pub(super) fn to_item(hook: &StoredHook) -> Result<Item, StoreError> {
    let mut item = item(group_partition(hook.name.group()), hook.name.id());
    item.insert(DEFINITION.into(), definition(hook)?);
    item.insert(CREATED.into(), instant(hook.created));
    item.insert(REVISION.into(), number(hook.revision));
    item.insert(TOKEN_GENERATION.into(), number(hook.token_generation));
    if let Some(due_at) = hook.due_at {
        item.insert(DUE_PARTITION.into(), text(due_partition_of(&hook.name)));
        item.insert(DUE_AT.into(), number(due_at.as_millisecond()));
    }
    Ok(item)
}

/// A hook's definition as an attribute, if it fits.
pub(super) fn definition(hook: &StoredHook) -> Result<AttributeValue, StoreError> {
    let json = serde_json::to_string(&*hook.definition)
        .map_err(|error| unavailable(format!("write hook {} as JSON", hook.name), error))?;
    if json.len() > MAX_DEFINITION_BYTES {
        let (name, size) = (&hook.name, json.len());
        return Err(StoreError::TooLarge {
            what: format!("the definition of hook {name}, {size} bytes of at most {MAX_DEFINITION_BYTES},"),
        });
    }
    Ok(text(json))
}

/// The hook that an item holds.
pub(super) fn from_item(item: &Item) -> Result<StoredHook, StoreError> {
    with_definition(item, parse(item, read_text(item, DEFINITION)?)?)
}

/// The same, with a definition that may be known.
pub(super) fn from_item_by(item: &Item, known: &Known) -> Result<StoredHook, StoreError> {
    let text = read_text(item, DEFINITION)?;
    if let Some(definition) = known.find(text) {
        return with_definition(item, definition);
    }
    let definition = parse(item, text)?;
    known.keep(text, &definition);
    with_definition(item, definition)
}

fn parse(item: &Item, text: &str) -> Result<Definition, StoreError> {
    serde_json::from_str::<Hook>(text)
        .map(Definition::from)
        .map_err(|error| corrupt(item, DEFINITION, &format!("is no hook: {error}")))
}

fn with_definition(item: &Item, definition: Definition) -> Result<StoredHook, StoreError> {
    Ok(StoredHook {
        name: name(item)?,
        definition,
        created: read_instant(item, CREATED)?,
        revision: read_number(item, REVISION)?,
        token_generation: read_number(item, TOKEN_GENERATION)?,
        due_at: due_at(item)?,
    })
}

fn name(item: &Item) -> Result<HookName, StoreError> {
    let partition = read_text(item, PARTITION_KEY)?;
    let group = partition
        .strip_prefix("hook#")
        .ok_or_else(|| corrupt(item, PARTITION_KEY, "is no group's partition"))?;
    HookName::new(group, read_text(item, SORT_KEY)?)
        .map_err(|error| corrupt(item, SORT_KEY, &error.to_string()))
}

fn due_at(item: &Item) -> Result<Option<Timestamp>, StoreError> {
    if !item.contains_key(DUE_AT) {
        return Ok(None);
    }
    Timestamp::from_millisecond(read_number(item, DUE_AT)?)
        .map(Some)
        .map_err(|error| corrupt(item, DUE_AT, &error.to_string()))
}
