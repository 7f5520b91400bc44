//! Work of which some is done at once.

use tokio::task::JoinSet;

use crate::output::Failure;

/// So many things at once: enough not to wait for each answer, few enough for others not to notice.
const AT_ONCE: usize = 8;

/// Work that is under way.
pub(super) struct Crew<R> {
    running: JoinSet<Result<R, Failure>>,
}

impl<R: Send + 'static> Crew<R> {
    pub(super) fn new() -> Self {
        Self { running: JoinSet::new() }
    }

    /// Begins a piece of work, when there is somebody to do it; what came of another that ended meanwhile.
    pub(super) async fn add(
        &mut self,
        work: impl Future<Output = Result<R, Failure>> + Send + 'static,
    ) -> Result<Option<R>, Failure> {
        let done = if self.running.len() < AT_ONCE { None } else { self.next().await? };
        self.running.spawn(work);
        Ok(done)
    }

    /// Waits for a piece of work to end; None where there is none left.
    pub(super) async fn next(&mut self) -> Result<Option<R>, Failure> {
        match self.running.join_next().await {
            Some(ended) => ended?.map(Some),
            None => Ok(None),
        }
    }
}
