//! How many tasks and executions there are: read at most every ten seconds, as anybody may ask.

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use treble_core::cds::Counts;
use treble_core::hook::StoredHook;
use treble_core::ports::StoreError;

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
    /// How many there are of what, some seconds ago.
    pub(super) async fn figures(&self, now: Timestamp) -> Result<Figures, StoreError> {
        let mut memory = self.memory.figures.0.lock().await;
        if let Some((read, figures)) = *memory {
            let age = now.duration_since(read);
            if !age.is_negative() && age < REMEMBERED {
                return Ok(figures);
            }
        }
        let ((tasks, stopped), (todo, crowded)) =
            tokio::try_join!(self.count_tasks(), self.count_executions())?;
        let figures = Figures { tasks, stopped, todo, crowded };
        *memory = Some((now, figures));
        Ok(figures)
    }
    /// How many tasks there are, and how many of them are stopped.
    async fn count_tasks(&self) -> Result<(usize, usize), StoreError> {
        let (mut pages, mut tasks, mut stopped) = (self.task_pages(), 0, 0);
        while let Some(page) = pages.next().await? {
            tasks += page.len();
            let is_stopped =
                |hook: &&StoredHook| hook.definition.cds.as_ref().is_some_and(|task| task.stopped);
            stopped += page.iter().filter(is_stopped).count();
        }
        Ok((tasks, stopped))
    }

    /// How many executions are not over, and how many tasks have many more than are to be kept.
    async fn count_executions(&self) -> Result<(u64, usize), StoreError> {
        let (mut pages, mut todo, mut crowded) = (self.count_pages(), 0, 0);
        let limit = u64::try_from(self.history).unwrap_or(u64::MAX).saturating_mul(10);
        while let Some(page) = pages.next().await? {
            todo += page.iter().map(|(_, counts)| counts.todo).sum::<u64>();
            let is_crowded =
                |(_, counts): &&(String, Counts)| counts.total.saturating_sub(counts.todo) > limit;
            crowded += page.iter().filter(is_crowded).count();
        }
        Ok((todo, crowded))
    }
}
