//! Where changes of hooks are published.

use crate::change::Change;

/// The exchanges that changes of hooks are published to, with an empty routing key.
pub const EXCHANGES: [&str; 3] = [CREATED, UPDATED, DELETED];

const CREATED: &str = "exchange/taskcluster-hooks/v1/hook-created";
const UPDATED: &str = "exchange/taskcluster-hooks/v1/hook-updated";
const DELETED: &str = "exchange/taskcluster-hooks/v1/hook-deleted";

/// The exchange of a change, if it is one of a hook's definition; others are nobody's business at a broker.
pub fn exchange(change: &Change) -> Option<&'static str> {
    match change {
        Change::HookCreated(_) => Some(CREATED),
        Change::HookUpdated(_) => Some(UPDATED),
        Change::HookDeleted(_) => Some(DELETED),
        Change::FireFailed(_) | Change::FireRecovered(_) => None,
    }
}
