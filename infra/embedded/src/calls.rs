//! Counts calls by operation, so that a test can hold an adapter to the number it promises.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The calls made so far.
#[derive(Default)]
pub(crate) struct Calls(Mutex<BTreeMap<&'static str, u64>>);

impl Calls {
    pub(crate) fn count(&self, operation: &'static str) {
        *self.lock().entry(operation).or_default() += 1;
    }

    pub(crate) fn snapshot(&self) -> BTreeMap<&'static str, u64> {
        self.lock().clone()
    }

    pub(crate) fn take(&self) -> BTreeMap<&'static str, u64> {
        mem::take(&mut *self.lock())
    }

    /// A count that was interrupted is still a count.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
