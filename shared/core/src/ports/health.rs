//! Where it is kept how hooks have been doing.

use async_trait::async_trait;

use super::StoreError;
use crate::hook::StoredHook;
use crate::streak::Health;

/// Where it is kept how hooks have been doing: beside the hooks, since whoever fires one has read it.
#[async_trait]
pub trait HealthStore: Send + Sync {
    /// Replaces `hook.health`. False, and nothing changed, when that is no longer what is stored, or the hook is gone.
    async fn set_health(&self, hook: &StoredHook, health: &Health) -> Result<bool, StoreError>;
}
