//! Where hooks are kept.

use async_trait::async_trait;

use super::{Page, PageRequest, StoreError};
use crate::hook::{HookName, StoredHook};

/// What came of creating a hook.
#[derive(Debug, Clone, PartialEq)]
pub enum CreateOutcome {
    /// It is stored.
    Created,
    /// There is a hook of that name, this one; nothing was changed.
    Exists(Box<StoredHook>),
}

/// Where hooks are kept. Every write is conditional: of two at once, one wins and the other is told.
#[async_trait]
pub trait HookStore: Send + Sync {
    /// The hook of that name.
    async fn get(&self, name: &HookName) -> Result<Option<StoredHook>, StoreError>;

    /// Stores a new hook, its bindings and its group's count, all or nothing.
    async fn create(&self, hook: &StoredHook) -> Result<CreateOutcome, StoreError>;

    /// Replaces a hook's definition and due moment, and its bindings with it, all or nothing; the trigger
    /// token's generation stays. False, and nothing changed, when `old` is no longer what is stored.
    async fn replace(&self, old: &StoredHook, new: &StoredHook) -> Result<bool, StoreError>;

    /// Removes a hook, its bindings and its place in its group's count, all or nothing. False, and
    /// nothing changed, when `hook` is no longer what is stored.
    async fn remove(&self, hook: &StoredHook) -> Result<bool, StoreError>;

    /// Moves the trigger token on to `generation`. False when `hook`'s generation is no longer the
    /// stored one, or the hook is gone or created anew.
    async fn set_token_generation(&self, hook: &StoredHook, generation: u64) -> Result<bool, StoreError>;

    /// The groups that have hooks, in code-point order.
    async fn groups(&self, page: &PageRequest) -> Result<Page<String>, StoreError>;

    /// A group's hooks, by hookId in code-point order.
    async fn list(&self, group: &str, page: &PageRequest) -> Result<Page<StoredHook>, StoreError>;

    /// Whether the store answers: one cheap read.
    async fn check(&self) -> Result<(), StoreError>;
}
