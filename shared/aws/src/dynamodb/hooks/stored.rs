//! A hook as an item, and back.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use treble_core::definition::Definition;
use treble_core::hook::{Hook, HookName, MAX_DEFINITION_BYTES, StoredHook};
use treble_core::ports::StoreError;
use treble_core::streak::{Health, Streak};

use super::keys::{due_partition_of, group_partition, is_hook};
use super::known::Known;
use crate::dynamodb::item::{
    Item, check_format, corrupt, instant, item, number, read_instant, read_number, read_text, text, texts,
    unavailable,
};
use crate::dynamodb::schema::{DUE_AT, DUE_PARTITION, PARTITION_KEY, PATTERNS, REVISION, SORT_KEY};

/// The definition, as JSON. (`definition` is a reserved word of DynamoDB.)
pub(super) const DEFINITION: &str = "hookDefinition";
/// When the hook was created.
pub(super) const CREATED: &str = "created";
/// The generation of the trigger token.
pub(super) const TOKEN_GENERATION: &str = "tokenGeneration";
/// The streak of failures that goes on, as JSON; only while one does.
pub(super) const FAILING: &str = "failing";
/// When the hook's owner was last told of a failure; only if they ever were.
pub(super) const TOLD_AT: &str = "toldAt";

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
        item.insert(PATTERNS.into(), texts(&hook.definition.schedule));
    }
    if let Some(streak) = &hook.health.failing {
        item.insert(FAILING.into(), failing(streak)?);
    }
    if let Some(told_at) = hook.health.told_at {
        item.insert(TOLD_AT.into(), instant(told_at));
    }
    Ok(item)
}

/// A streak as an attribute.
pub(super) fn failing(streak: &Streak) -> Result<AttributeValue, StoreError> {
    serde_json::to_string(streak)
        .map(text)
        .map_err(|error| unavailable("write a streak of failures as JSON", error))
}

fn health(item: &Item) -> Result<Health, StoreError> {
    let streak = |text: &str| {
        serde_json::from_str(text).map_err(|error| corrupt(item, FAILING, &format!("is no streak: {error}")))
    };
    let present = |name| item.contains_key(name).then_some(name);
    Ok(Health {
        failing: present(FAILING).map(|name| read_text(item, name).and_then(streak)).transpose()?,
        told_at: present(TOLD_AT).map(|name| read_instant(item, name)).transpose()?,
    })
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

/// The hook that an item of the table is, if it is none of the others.
pub(in crate::dynamodb) fn hook_of(item: &Item) -> Result<Option<StoredHook>, StoreError> {
    if is_hook(read_text(item, PARTITION_KEY)?) { from_item(item).map(Some) } else { Ok(None) }
}

/// The hook that an item holds.
pub(super) fn from_item(item: &Item) -> Result<StoredHook, StoreError> {
    check_format(item)?;
    with_definition(item, parse(item, read_text(item, DEFINITION)?)?)
}

/// The same, with a definition that may be known.
pub(super) fn from_item_by(item: &Item, known: &Known) -> Result<StoredHook, StoreError> {
    check_format(item)?;
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
        health: health(item)?,
    })
}

pub(super) fn name(item: &Item) -> Result<HookName, StoreError> {
    let partition = read_text(item, PARTITION_KEY)?;
    let group = partition
        .strip_prefix("hook#")
        .ok_or_else(|| corrupt(item, PARTITION_KEY, "is no group's partition"))?;
    HookName::new(group, read_text(item, SORT_KEY)?)
        .map_err(|error| corrupt(item, SORT_KEY, &error.to_string()))
}

pub(super) fn due_at(item: &Item) -> Result<Option<Timestamp>, StoreError> {
    if !item.contains_key(DUE_AT) {
        return Ok(None);
    }
    Timestamp::from_millisecond(read_number(item, DUE_AT)?)
        .map(Some)
        .map_err(|error| corrupt(item, DUE_AT, &error.to_string()))
}
