//! How many tasks and executions there are: read at most every ten seconds, as anybody may ask.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use treble_core::cds::{Counts, GROUP};
use treble_core::hook::StoredHook;
use treble_core::ports::{PageRequest, StoreError};

use super::service::Service;

const REMEMBERED: SignedDuration = SignedDuration::from_secs(10);

/// How many there are of what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) tasks: usize,
    pub(super) stopped: usize,
    /// Executions that are not over.
    pub(super) todo: u64,
    /// Tasks that have many more executions than are to be kept.
    pub(super) crowded: usize,
}

/// The figures as they were read last. Who reads them holds the lock, so that many callers at once read them once.
#[derive(Default)]
pub(super) struct FiguresMemory(Mutex<Option<(Timestamp, Figures)>>);

impl Service {
    /// All tasks, in the order of their uuids.
    pub(super) async fn all_tasks(&self) -> Result<Vec<StoredHook>, StoreError> {
        let mut hooks = self.hooks.list(GROUP, &PageRequest::default()).await?.items;
        hooks.retain(|hook| hook.definition.cds.is_some());
        Ok(hooks)
    }

    /// How many executions each task has.
    pub(super) async fn all_counts(&self) -> Result<HashMap<String, Counts>, StoreError> {
        let page = self.executions.all_counts(&PageRequest::default()).await?;
        Ok(page.items.into_iter().collect())
    }

    /// How many there are of what, some seconds ago.
    pub(super) async fn figures(&self, now: Timestamp) -> Result<Figures, StoreError> {
        let mut memory = self.memory.figures.0.lock().await;
        if let Some((read, figures)) = *memory {
            let age = now.duration_since(read);
            if !age.is_negative() && age < REMEMBERED {
                return Ok(figures);
            }
        }
        let (tasks, counts) = tokio::try_join!(self.all_tasks(), self.all_counts())?;
        let limit = u64::try_from(self.history).unwrap_or(u64::MAX).saturating_mul(10);
        let is_stopped = |hook: &&StoredHook| hook.definition.cds.as_ref().is_some_and(|task| task.stopped);
        let figures = Figures {
            tasks: tasks.len(),
            stopped: tasks.iter().filter(is_stopped).count(),
            todo: counts.values().map(|counts| counts.todo).sum(),
            crowded: counts
                .values()
                .filter(|counts| counts.total.saturating_sub(counts.todo) > limit)
                .count(),
        };
        *memory = Some((now, figures));
        Ok(figures)
    }
}
