//! Comparing the tasks with the hooks that CDS knows.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{CdsApi, CdsError, GROUP, SaveError, ServiceStateStore, Tasks};
use crate::hook::StoredHook;
use crate::ports::{PageRequest, StoreError, chain};

/// How many tasks are read at once.
const PAGE: usize = 100;

/// What makes the tasks those that CDS knows.
#[derive(Clone)]
pub struct Synchronizer {
    /// The tasks.
    pub tasks: Tasks,
    /// CDS.
    pub api: Arc<dyn CdsApi>,
    /// Whom it knows us as.
    pub state: Arc<dyn ServiceStateStore>,
}

/// What a synchronisation did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// How many hooks CDS knows.
    pub known: usize,
    /// How many of them are no tasks that we can have, or could not be saved; their tasks stay as they are.
    pub failed: usize,
    /// How many tasks CDS does not know any more, and so are gone.
    pub removed: usize,
}

/// Why nothing was compared. No task is changed then.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// CDS doesn't know us yet.
    #[error("this service is not registered at CDS yet")]
    Unregistered,
    /// CDS did not tell what it knows.
    #[error("CDS does not tell which hooks it knows")]
    Api(#[from] CdsError),
    /// A store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Synchronizer {
    /// Saves the tasks that CDS knows and removes those that it doesn't. Doing it twice is doing it once.
    ///
    /// # Errors
    /// When CDS or a store does not answer: what was not compared is by the next run.
    pub async fn run(&self) -> Result<SyncReport, SyncError> {
        // Before the listing: what is created after it is not in it, and is none to be removed.
        let started = (self.tasks.now)();
        let hash = self.state.read().await?.hash.ok_or(SyncError::Unregistered)?;
        let known = self.api.list_hooks(&hash).await?;
        let uuids: BTreeSet<&str> = known.iter().map(|node| node.uuid.as_str()).collect();
        let mut report = SyncReport { known: known.len(), ..SyncReport::default() };
        for node in &known {
            match self.tasks.save(node).await {
                Ok(_) => {}
                Err(SaveError::Store(error)) => return Err(error.into()),
                Err(error) => {
                    report.failed += 1;
                    tracing::warn!(task = node.uuid, error = chain(&error), "a hook of CDS can't be a task");
                }
            }
        }
        let mut page = PageRequest { limit: Some(PAGE), continuation: None };
        loop {
            let tasks = self.tasks.hooks.list(GROUP, &page).await?;
            let is_unknown = |hook: &&StoredHook| {
                hook.definition.cds.is_some() && hook.created < started && !uuids.contains(hook.name.id())
            };
            for hook in tasks.items.iter().filter(is_unknown) {
                match self.tasks.remove(hook.name.id()).await {
                    Ok(_) => report.removed += 1,
                    Err(SaveError::Store(error)) => return Err(error.into()),
                    Err(error) => {
                        report.failed += 1;
                        tracing::warn!(hook = %hook.name, error = chain(&error), "a task can't be removed");
                    }
                }
            }
            match tasks.continuation {
                Some(continuation) => page.continuation = Some(continuation),
                None => return Ok(report),
            }
        }
    }
}
