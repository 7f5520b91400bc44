//! Repositories that tests know, in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Repository, RepositoryName, RepositoryStore};
use crate::ports::{Page, PageRequest, StoreError};

/// What is watched, and whether writes of pollers fail.
#[derive(Default)]
pub(crate) struct KnownRepositories {
    pub(crate) repositories: Mutex<BTreeMap<RepositoryName, Repository>>,
    pub(crate) fails: Mutex<bool>,
    pub(crate) saves: Mutex<usize>,
}

impl KnownRepositories {
    pub(crate) fn names(&self) -> Vec<String> {
        self.repositories.lock().unwrap().keys().map(ToString::to_string).collect()
    }

    pub(crate) fn one(&self, name: &str) -> Repository {
        self.repositories.lock().unwrap()[&RepositoryName::parse(name).unwrap()].clone()
    }

    fn is_current(&self, old: &Repository) -> bool {
        let known = self.repositories.lock().unwrap();
        known.get(&old.name).is_some_and(|known| known.revision == old.revision)
    }
}

#[async_trait]
impl RepositoryStore for KnownRepositories {
    async fn watch(&self, name: &RepositoryName, now: Timestamp) -> Result<(), StoreError> {
        let new = Repository {
            name: name.clone(),
            since: now,
            wanted: now,
            cursor: None,
            etag: None,
            not_before: None,
            failures: 0,
            last_error: None,
            revision: 1,
        };
        self.repositories.lock().unwrap().entry(name.clone()).or_insert(new).wanted = now;
        Ok(())
    }

    async fn get(&self, name: &RepositoryName) -> Result<Option<Repository>, StoreError> {
        Ok(self.repositories.lock().unwrap().get(name).cloned())
    }

    async fn list(&self, _: &PageRequest) -> Result<Page<Repository>, StoreError> {
        let items = self.repositories.lock().unwrap().values().cloned().collect();
        Ok(Page { items, continuation: None })
    }

    async fn save(&self, old: &Repository, new: &Repository) -> Result<bool, StoreError> {
        if std::mem::take(&mut *self.fails.lock().unwrap()) {
            return Err(StoreError::Unavailable { operation: "save".into(), source: "down".into() });
        }
        *self.saves.lock().unwrap() += 1;
        let current = self.is_current(old);
        if current {
            self.repositories.lock().unwrap().insert(new.name.clone(), new.clone());
        }
        Ok(current)
    }

    async fn forget(&self, repository: &Repository) -> Result<bool, StoreError> {
        let current = self.is_current(repository);
        if current {
            self.repositories.lock().unwrap().remove(&repository.name);
        }
        Ok(current)
    }
}
