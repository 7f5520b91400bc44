//! What happened to a hook.

use serde::{Deserialize, Serialize};

use crate::hook::HookName;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ChangeKind {
    /// It was created.
    HookCreated,
    /// It has another definition.
    HookUpdated,
    /// It was removed.
    HookDeleted,
}

impl ChangeKind {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::HookCreated, Self::HookUpdated, Self::HookDeleted];

    /// Its name as an event's detail-type.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HookCreated => "HookCreated",
            Self::HookUpdated => "HookUpdated",
            Self::HookDeleted => "HookDeleted",
        }
    }

    /// The exchange that it is published to.
    pub fn exchange(self) -> &'static str {
        match self {
            Self::HookCreated => "exchange/taskcluster-hooks/v1/hook-created",
            Self::HookUpdated => "exchange/taskcluster-hooks/v1/hook-updated",
            Self::HookDeleted => "exchange/taskcluster-hooks/v1/hook-deleted",
        }
    }
}

/// What happened to which hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookChange {
    /// What happened.
    pub kind: ChangeKind,
    /// The hook.
    pub hook: HookName,
}
