//! Messages that a hook can't fire from are recorded, but not each of a flood.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::hook::HookName;

/// For so long after a rejected message of a hook, further ones aren't recorded, in this process.
const QUIET: SignedDuration = SignedDuration::from_mins(1);

/// When a rejected message of each hook was last recorded.
#[derive(Default)]
pub(super) struct Rejections {
    recorded: Mutex<HashMap<HookName, Timestamp>>,
}

impl Rejections {
    /// Whether a rejected message of this hook is to be recorded now.
    pub(super) fn is_due(&self, hook: &HookName, now: Timestamp) -> bool {
        self.recorded().get(hook).is_none_or(|recorded| !is_quiet(*recorded, now))
    }

    /// One was.
    pub(super) fn note(&self, hook: &HookName, now: Timestamp) {
        let mut recorded = self.recorded();
        recorded.retain(|_, recorded| is_quiet(*recorded, now));
        recorded.insert(hook.clone(), now);
    }

    fn recorded(&self) -> MutexGuard<'_, HashMap<HookName, Timestamp>> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_quiet(recorded: Timestamp, now: Timestamp) -> bool {
    let age = now.duration_since(recorded);
    !age.is_negative() && age < QUIET
}
