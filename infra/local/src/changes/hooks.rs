//! Hooks whose changes are announced.

use std::sync::Arc;

use async_trait::async_trait;
use treble_core::change::Change;
use treble_core::hook::{HookName, StoredHook};
use treble_core::ports::{CreateOutcome, HealthStore, HookStore, Page, PageRequest, StoreError};
use treble_core::streak::Health;

use super::Changes;

/// The hooks of a store; what is written through them is announced once it is stored.
#[derive(Debug)]
pub(crate) struct PublishingHooks<H> {
    hooks: Arc<H>,
    changes: Changes,
}

impl<H> PublishingHooks<H> {
    pub(crate) fn new(hooks: Arc<H>, changes: Changes) -> Self {
        Self { hooks, changes }
    }

    fn announce(&self, old: Option<&StoredHook>, new: Option<&StoredHook>) {
        self.changes.announce(Change::between(old, new));
    }
}

#[async_trait]
impl<H: HookStore> HookStore for PublishingHooks<H> {
    async fn get(&self, name: &HookName) -> Result<Option<StoredHook>, StoreError> {
        self.hooks.get(name).await
    }

    async fn create(&self, hook: &StoredHook) -> Result<CreateOutcome, StoreError> {
        let outcome = self.hooks.create(hook).await?;
        if outcome == CreateOutcome::Created {
            self.announce(None, Some(hook));
        }
        Ok(outcome)
    }

    async fn replace(&self, old: &StoredHook, new: &StoredHook) -> Result<bool, StoreError> {
        let made = self.hooks.replace(old, new).await?;
        if made {
            // How it is doing stays what it was.
            self.announce(Some(old), Some(&StoredHook { health: old.health.clone(), ..new.clone() }));
        }
        Ok(made)
    }

    async fn remove(&self, hook: &StoredHook) -> Result<bool, StoreError> {
        let made = self.hooks.remove(hook).await?;
        if made {
            self.announce(Some(hook), None);
        }
        Ok(made)
    }

    async fn set_token_generation(&self, hook: &StoredHook, generation: u64) -> Result<bool, StoreError> {
        self.hooks.set_token_generation(hook, generation).await
    }

    async fn groups(&self, page: &PageRequest) -> Result<Page<String>, StoreError> {
        self.hooks.groups(page).await
    }

    async fn list(&self, group: &str, page: &PageRequest) -> Result<Page<StoredHook>, StoreError> {
        self.hooks.list(group, page).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.hooks.check().await
    }
}

#[async_trait]
impl<H: HealthStore> HealthStore for PublishingHooks<H> {
    async fn set_health(&self, hook: &StoredHook, health: &Health) -> Result<bool, StoreError> {
        let made = self.hooks.set_health(hook, health).await?;
        if made {
            self.announce(Some(hook), Some(&StoredHook { health: health.clone(), ..hook.clone() }));
        }
        Ok(made)
    }
}

#[cfg(test)]
mod tests;
