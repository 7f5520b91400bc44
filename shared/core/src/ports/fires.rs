//! Where fire records are kept.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Page, PageRequest, StoreError};
use crate::firing::{FireRecord, Firing};
use crate::hook::StoredHook;
use crate::trace::TraceContext;

/// What came of claiming a taskId that the caller chose.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// Nobody had it: it is this firing's now.
    New,
    /// An earlier request of the same hook has it.
    Earlier {
        /// The moment of the firing that has it.
        created: Timestamp,
        /// The trace that this one belongs to.
        trace: Option<TraceContext>,
        /// What came of that firing, if that is known already.
        record: Option<Box<FireRecord>>,
    },
}

/// Where fire records are kept, for a year.
#[async_trait]
pub trait FireStore: Send + Sync {
    /// Claims `firing.task_id` for `firing`, so that a request that comes twice is one firing. Only needed
    /// for a taskId that the caller chose. Claims of a hook that was removed don't bind its successor.
    async fn claim(&self, hook: &StoredHook, firing: &Firing) -> Result<Claim, StoreError>;

    /// Records what came of a firing. A firing is recorded once, except that a later result replaces an
    /// error. False when another result stands.
    async fn record(&self, record: &FireRecord) -> Result<bool, StoreError>;

    /// A hook's records, newest first, none from before the hook was created.
    async fn list(&self, hook: &StoredHook, page: &PageRequest) -> Result<Page<FireRecord>, StoreError>;
}
