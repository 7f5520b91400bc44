//! The store that is exported, or imported into.

use std::path::{Path, PathBuf};

use treble_aws::dynamodb::{DynamoAuth, DynamoDeadLetters, DynamoFires, DynamoHooks, Restore};
use treble_core::secret::MasterKey;
use treble_embedded::Durability;

use crate::admin::open_embedded;
use crate::cli::{self, StoreChoice};
use crate::data_dir::{DataDir, DataDirError, Lock};
use crate::output::Failure;
use crate::store::Store;
use crate::{environment, master_key};

/// A store, opened.
pub(super) struct Place {
    pub(super) hooks: DynamoHooks,
    pub(super) fires: DynamoFires,
    pub(super) dead_letters: DynamoDeadLetters,
    pub(super) auth: DynamoAuth,
    pub(super) master_key: MasterKey,
    /// Of the store that is in one.
    pub(super) dir: Option<DataDir>,
    /// Held where no server runs.
    _lock: Option<Lock>,
}

#[derive(Debug, thiserror::Error)]
#[error(
    "there is no master key {}: copy it from the data directory that was exported, as its trigger tokens and access tokens depend on it; \
     or import without clients, with --other-key", .0.display()
)]
struct NoKey(PathBuf);

impl Place {
    /// What is there.
    pub(super) async fn existing(end: &cli::End) -> Result<Self, Failure> {
        let dir = existing(end)?;
        let master_key = master_key::read(end.store, &dir).await?;
        let (store, lock) = match end.store {
            StoreChoice::Aws => (Store::aws()?, None),
            // An import that a crash of the machine cuts short is made again.
            StoreChoice::Embedded => open_embedded(&dir, Durability::Relaxed).await?,
        };
        Ok(Self::new(&store, master_key, dir, end, lock))
    }

    /// The same, to be written: a data directory that is empty, or not there, gets a database.
    pub(super) async fn for_import(end: &cli::End, other_key: bool, how: Restore) -> Result<Self, Failure> {
        if end.store == StoreChoice::Aws || has_database(&path(end)) || how == Restore::DryRun {
            return Self::existing(end).await;
        }
        let dir = DataDir::create(&path(end))?;
        if !other_key && !dir.master_key().exists() {
            return Err(NoKey(dir.master_key()).into());
        }
        let lock = dir.lock()?;
        let master_key = master_key::read_or_create(end.store, &dir).await?;
        let store = Store::embedded(&dir, Durability::Relaxed)?;
        store.create_tables().await?;
        Ok(Self::new(&store, master_key, dir, end, Some(lock)))
    }

    fn new(store: &Store, master_key: MasterKey, dir: DataDir, end: &cli::End, lock: Option<Lock>) -> Self {
        Self {
            hooks: store.hooks(),
            fires: store.fires(),
            dead_letters: store.dead_letters(),
            auth: store.auth(&master_key),
            master_key,
            dir: (end.store == StoreChoice::Embedded).then_some(dir),
            _lock: lock,
        }
    }
}

fn path(end: &cli::End) -> PathBuf {
    end.data.clone().unwrap_or_else(|| PathBuf::from(cli::DATA))
}

fn has_database(path: &Path) -> bool {
    DataDir::existing(path).is_ok_and(|dir| dir.database().exists())
}

/// The data directory: where the store is, or at least its master key.
fn existing(end: &cli::End) -> Result<DataDir, DataDirError> {
    let is_deployment = end.store == StoreChoice::Aws && environment::master_key_secret().is_some();
    match DataDir::existing(&path(end)) {
        Err(DataDirError::Missing(path)) if is_deployment => Ok(DataDir::absent(&path)),
        dir => dir,
    }
}
