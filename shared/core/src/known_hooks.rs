//! Hooks that tests know, in memory.

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;

use crate::hook::{HookName, StoredHook};
use crate::ports::{CreateOutcome, HookStore, Page, PageRequest, StoreError};

/// Hooks to be read, and nothing else.
#[derive(Default)]
pub(crate) struct KnownHooks(pub(crate) Mutex<HashMap<HookName, StoredHook>>);

impl KnownHooks {
    /// These hooks.
    pub(crate) fn new(hooks: impl IntoIterator<Item = StoredHook>) -> Self {
        Self(Mutex::new(hooks.into_iter().map(|hook| (hook.name.clone(), hook)).collect()))
    }

    /// Adds a hook, or replaces it.
    pub(crate) fn put(&self, hook: StoredHook) {
        self.0.lock().unwrap().insert(hook.name.clone(), hook);
    }
}

#[async_trait]
impl HookStore for KnownHooks {
    async fn get(&self, name: &HookName) -> Result<Option<StoredHook>, StoreError> {
        Ok(self.0.lock().unwrap().get(name).cloned())
    }

    async fn create(&self, _: &StoredHook) -> Result<CreateOutcome, StoreError> {
        unreachable!("hooks are only read here")
    }

    async fn replace(&self, _: &StoredHook, _: &StoredHook) -> Result<bool, StoreError> {
        unreachable!("hooks are only read here")
    }

    async fn remove(&self, _: &StoredHook) -> Result<bool, StoreError> {
        unreachable!("hooks are only read here")
    }

    async fn set_token_generation(&self, _: &StoredHook, _: u64) -> Result<bool, StoreError> {
        unreachable!("hooks are only read here")
    }

    async fn groups(&self, _: &PageRequest) -> Result<Page<String>, StoreError> {
        unreachable!("nothing is listed here")
    }

    async fn list(&self, _: &str, _: &PageRequest) -> Result<Page<StoredHook>, StoreError> {
        unreachable!("nothing is listed here")
    }

    async fn check(&self) -> Result<(), StoreError> {
        unreachable!("nobody asks here")
    }
}
