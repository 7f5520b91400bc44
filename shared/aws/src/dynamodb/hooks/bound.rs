//! The hooks that are bound to an exchange.

use async_trait::async_trait;
use treble_core::ports::{BindingStore, BoundHook, PageRequest, StoreError};

use super::DynamoHooks;
use super::keys::exchange_partition;
use crate::dynamodb::item::{Item, check_format, corrupt, read_text};
use crate::dynamodb::schema::MAX_PARTITION_KEY_BYTES;

/// The attribute that holds a binding's pattern.
pub(super) const PATTERN: &str = "pattern";
/// The attribute that holds the name of the hook that has a binding.
pub(super) const HOOK: &str = "hook";

#[async_trait]
impl BindingStore for DynamoHooks {
    async fn bound_to(&self, exchange: &str) -> Result<Vec<BoundHook>, StoreError> {
        let partition = exchange_partition(exchange);
        if partition.len() > MAX_PARTITION_KEY_BYTES {
            return Ok(Vec::new());
        }
        let listing = self.listing(partition);
        Ok(listing.page(&PageRequest::default(), |item| bound(item).map(Some)).await?.items)
    }
}

fn bound(item: &Item) -> Result<BoundHook, StoreError> {
    check_format(item)?;
    let hook = read_text(item, HOOK)?.parse();
    Ok(BoundHook {
        routing_key_pattern: read_text(item, PATTERN)?.to_owned(),
        hook: hook.map_err(|error| corrupt(item, HOOK, &format!("names no hook: {error}")))?,
    })
}
