//! A hook's bindings as items of their own, so that a message finds its hooks by its exchange.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use treble_core::hook::{Binding, StoredHook};
use treble_core::ports::StoreError;

use super::bound::{HOOK, PATTERN};
use super::keys::{binding_key, exchange_partition};
use super::stored::CREATED;
use crate::dynamodb::item::{incomplete, instant, item, number, read_text, text};
use crate::dynamodb::schema::{MAX_PARTITION_KEY_BYTES, REVISION, SORT_KEY};
use crate::dynamodb::transaction::{delete, put};

/// What must be written for a hook to have other bindings.
pub(super) struct Changes<'a> {
    pub(super) added: Vec<&'a Binding>,
    pub(super) removed: Vec<&'a Binding>,
}

impl<'a> Changes<'a> {
    /// From some bindings to others. The order of bindings means nothing, and one that is there twice is one.
    pub(super) fn between(old: &'a [Binding], new: &'a [Binding]) -> Self {
        let (old, new) = (distinct(old), distinct(new));
        let without = |these: &BTreeMap<_, &'a Binding>, those: &BTreeMap<_, _>| {
            these.iter().filter(|(key, _)| !those.contains_key(*key)).map(|(_, binding)| *binding).collect()
        };
        Self { added: without(&new, &old), removed: without(&old, &new) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

fn distinct(bindings: &[Binding]) -> BTreeMap<(&str, &str), &Binding> {
    bindings.iter().map(|binding| ((&*binding.exchange, &*binding.routing_key_pattern), binding)).collect()
}

/// Writes one binding of a hook. Its item tells by the hook's `created` and `revision` which hook's binding it is
/// and since when.
pub(super) fn put_binding(
    table: &str,
    hook: &StoredHook,
    binding: &Binding,
) -> Result<TransactWriteItem, StoreError> {
    let partition = exchange_partition(&binding.exchange);
    if partition.len() > MAX_PARTITION_KEY_BYTES {
        let what = format!("the name of an exchange, {} bytes,", binding.exchange.len());
        return Err(StoreError::TooLarge { what });
    }
    let key = binding_key(&hook.name, binding);
    let mut item = item(partition, read_text(&key, SORT_KEY)?);
    item.insert(PATTERN.into(), text(&binding.routing_key_pattern));
    item.insert(HOOK.into(), text(hook.name.to_string()));
    item.insert(CREATED.into(), instant(hook.created));
    item.insert(REVISION.into(), number(hook.revision));
    let write = Put::builder().table_name(table).set_item(Some(item)).build();
    write.map(put).map_err(incomplete)
}

/// Removes one binding of a hook.
pub(super) fn delete_binding(
    table: &str,
    hook: &StoredHook,
    binding: &Binding,
) -> Result<TransactWriteItem, StoreError> {
    let key = binding_key(&hook.name, binding);
    let write = Delete::builder().table_name(table).set_key(Some(key)).build();
    write.map(delete).map_err(incomplete)
}
