//! All tasks and their counts, a page at a time, so that memory doesn't grow with their number.

use std::collections::VecDeque;

use treble_core::cds::{Counts, GROUP};
use treble_core::hook::StoredHook;
use treble_core::ports::{Page, PageRequest, StoreError};

use super::service::Service;

/// How many are read at once.
const PAGE: usize = 100;

/// How far a listing was read.
struct Place(Option<PageRequest>);

impl Place {
    fn start() -> Self {
        Self(Some(PageRequest { limit: Some(PAGE), continuation: None }))
    }

    /// Moves on to behind a page.
    fn after<T>(&mut self, page: Page<T>) -> Vec<T> {
        let behind = |continuation| PageRequest { limit: Some(PAGE), continuation: Some(continuation) };
        self.0 = page.continuation.map(behind);
        page.items
    }
}

/// All tasks, in the order of their uuids.
pub(super) struct TaskPages<'a> {
    service: &'a Service,
    place: Place,
}

impl TaskPages<'_> {
    /// The next page, which may have no tasks; None after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<StoredHook>>, StoreError> {
        let Some(asked) = self.place.0.take() else { return Ok(None) };
        let page = self.service.hooks.list(GROUP, &asked).await?;
        let mut hooks = self.place.after(page);
        hooks.retain(|hook| hook.definition.cds.is_some());
        Ok(Some(hooks))
    }
}

/// How many executions the tasks have that ever had any, in the order of their uuids.
pub(super) struct CountPages<'a> {
    service: &'a Service,
    place: Place,
}

impl CountPages<'_> {
    /// The next page; None after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<(String, Counts)>>, StoreError> {
        let Some(asked) = self.place.0.take() else { return Ok(None) };
        let page = self.service.executions.all_counts(&asked).await?;
        Ok(Some(self.place.after(page)))
    }
}

/// The counts of tasks that are asked for in the order of their uuids.
pub(super) struct CountsInOrder<'a> {
    pages: CountPages<'a>,
    /// What was read, and is not behind.
    ahead: VecDeque<(String, Counts)>,
}

impl CountsInOrder<'_> {
    /// The counts of a task, which is none of those before the one that was asked for last.
    pub(super) async fn of(&mut self, uuid: &str) -> Result<Counts, StoreError> {
        loop {
            match self.ahead.front() {
                Some((other, _)) if other.as_str() < uuid => drop(self.ahead.pop_front()),
                Some((other, counts)) if other == uuid => return Ok(*counts),
                Some(_) => return Ok(Counts::default()),
                None => match self.pages.next().await? {
                    Some(page) => self.ahead.extend(page),
                    None => return Ok(Counts::default()),
                },
            }
        }
    }
}

impl Service {
    /// All tasks, from the first on.
    pub(super) fn task_pages(&self) -> TaskPages<'_> {
        TaskPages { service: self, place: Place::start() }
    }

    /// All counts, from the first on.
    pub(super) fn count_pages(&self) -> CountPages<'_> {
        CountPages { service: self, place: Place::start() }
    }

    /// The same, to be looked up.
    pub(super) fn counts_in_order(&self) -> CountsInOrder<'_> {
        CountsInOrder { pages: self.count_pages(), ahead: VecDeque::new() }
    }
}
