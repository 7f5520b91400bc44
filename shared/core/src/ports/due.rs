//! When scheduled hooks are due next.

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreError;
use crate::hook::HookName;

/// A hook, as the index of scheduled hooks has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueHook {
    /// The hook.
    pub name: HookName,
    /// The earliest occurrence that has not been sent.
    pub at: Timestamp,
    /// The patterns of its schedule.
    pub schedule: Vec<String>,
    /// The hook's revision.
    pub revision: u64,
}

/// A part of what is due in a shard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DuePage {
    /// Hooks, the one that is due first before the others.
    pub hooks: Vec<DueHook>,
    /// Whether more may follow.
    pub more: bool,
}

/// Moving a hook on to its next occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advance {
    /// The hook.
    pub hook: HookName,
    /// The revision whose schedule `to` is of.
    pub revision: u64,
    /// The occurrence that was due.
    pub from: Timestamp,
    /// The one that is due now; None where the schedule has no more.
    pub to: Option<Timestamp>,
}

/// Which scheduled hooks are due. A hook belongs to one shard for good; all shards together are all scheduled hooks.
#[async_trait]
pub trait DueIndex: Send + Sync {
    /// How many shards there are; they count from 0.
    fn shards(&self) -> u8;

    /// Hooks of a shard that are due before a moment: those that follow `after`, the last of the page before, and
    /// about `limit` at the most. A hook that was advanced just now may still be there as it was.
    async fn due(
        &self,
        shard: u8,
        before: Timestamp,
        after: Option<&DueHook>,
        limit: usize,
    ) -> Result<DuePage, StoreError>;

    /// Moves hooks on, each on the condition that it is due when it was, and that its schedule is the same. One result for each, in their order: false where
    /// that condition doesn't hold any more.
    async fn advance(&self, hooks: &[Advance]) -> Vec<Result<bool, StoreError>>;
}
