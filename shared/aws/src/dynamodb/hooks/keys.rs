//! Where in the hooks table things are.

use sha2::{Digest, Sha256};
use treble_core::gate::IntegratorName;
use treble_core::hook::{Binding, HookName};
use treble_core::ports::StoreError;

use crate::dynamodb::item::{Item, corrupt, key, read_text, sort_key};
use crate::dynamodb::schema::PARTITION_KEY;

/// The partition of the groups.
pub(in crate::dynamodb) const GROUPS: &str = "groups";

/// Over how many partitions of the index of scheduled hooks these are spread: one takes a thousand writes a
/// second, and all are read each minute.
pub const DUE_SHARDS: u8 = 16;

/// The partition of a group's hooks.
pub(super) fn group_partition(group: &str) -> String {
    format!("hook#{group}")
}

/// Whether a partition is that of a group's hooks.
pub(super) fn is_hook(partition: &str) -> bool {
    partition.starts_with("hook#")
}

/// A hook's key.
pub(super) fn hook_key(name: &HookName) -> Item {
    key(group_partition(name.group()), name.id())
}

/// A group's key.
pub(super) fn group_key(group: &str) -> Item {
    key(GROUPS, group)
}

/// A shard's partition in the index of scheduled hooks; shards count from 0 up to [`DUE_SHARDS`].
pub fn due_partition(shard: u8) -> String {
    format!("due#{shard}")
}

/// The partition of the index that a hook belongs to, for good.
pub(super) fn due_partition_of(name: &HookName) -> String {
    due_partition(Sha256::digest(name.to_string())[0] % DUE_SHARDS)
}

/// The partition of the bindings to an exchange.
pub(super) fn exchange_partition(exchange: &str) -> String {
    format!("exchange#{exchange}")
}

/// A binding's key. Both of its parts are attributes too.
pub(super) fn binding_key(name: &HookName, binding: &Binding) -> Item {
    let partition = exchange_partition(&binding.exchange);
    key(partition, sort_key(format!("{}\0{name}", binding.routing_key_pattern)))
}

/// The partition of what the bridge made at the broker.
pub(super) const AMQP: &str = "amqp";

/// The key of what the bridge made of a binding, whichever hooks have it. Both of its parts are attributes too.
pub(super) fn made_key(binding: &Binding) -> Item {
    key(AMQP, sort_key(format!("{}\0{}", binding.exchange, binding.routing_key_pattern)))
}

/// The partition of the index of what is due that lanes are in.
pub(super) const DUE_LANES: &str = "due#lanes";

/// The key of an integrator's lane that waits.
pub(super) fn lane_key(integrator: &IntegratorName) -> Item {
    key(format!("lane#{integrator}"), "due")
}

/// Whose lane an item is.
pub(super) fn lane_of(item: &Item) -> Result<IntegratorName, StoreError> {
    let integrator = read_text(item, PARTITION_KEY)?.strip_prefix("lane#").unwrap_or_default();
    integrator.parse().map_err(|error| corrupt(item, PARTITION_KEY, &format!("is no lane: {error}")))
}
