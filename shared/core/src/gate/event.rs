//! What integrators are asked and told.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Whether integrators are asked before something happens, or told after it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Asked, in line.
    Pre,
    /// Told, from a queue.
    Post,
}

/// What integrators are asked or told: an endpoint below their URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Event {
    /// May this cluster be created?
    PreCreateCluster,
    /// It was created, or failed to be.
    PostCreateCluster,
    /// May these nodes be added?
    PreAddNode,
    /// They were.
    PostAddNode,
    /// This node will be removed.
    PreRemoveNode,
    /// It was.
    PostRemoveNode,
    /// This cluster will be deleted.
    PreDeleteCluster,
    /// It was, or failed to be.
    PostDeleteCluster,
    /// May this hook be created?
    PreCreateHook,
    /// It was.
    PostCreateHook,
    /// May this hook be replaced?
    PreUpdateHook,
    /// It was.
    PostUpdateHook,
    /// May this hook fire?
    PreTriggerHook,
    /// It did, or failed to, or was not allowed to.
    PostTriggerHook,
    /// A task was created, declined or failed, whatever made its hook fire.
    PostFire,
}

impl Event {
    /// All there are.
    pub const ALL: [Self; 15] = [
        Self::PreCreateCluster,
        Self::PostCreateCluster,
        Self::PreAddNode,
        Self::PostAddNode,
        Self::PreRemoveNode,
        Self::PostRemoveNode,
        Self::PreDeleteCluster,
        Self::PostDeleteCluster,
        Self::PreCreateHook,
        Self::PostCreateHook,
        Self::PreUpdateHook,
        Self::PostUpdateHook,
        Self::PreTriggerHook,
        Self::PostTriggerHook,
        Self::PostFire,
    ];

    /// Its name, which is also the last segment of the URL that it is sent to: `pre-create-cluster`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PreCreateCluster => "pre-create-cluster",
            Self::PostCreateCluster => "post-create-cluster",
            Self::PreAddNode => "pre-add-node",
            Self::PostAddNode => "post-add-node",
            Self::PreRemoveNode => "pre-remove-node",
            Self::PostRemoveNode => "post-remove-node",
            Self::PreDeleteCluster => "pre-delete-cluster",
            Self::PostDeleteCluster => "post-delete-cluster",
            Self::PreCreateHook => "pre-create-hook",
            Self::PostCreateHook => "post-create-hook",
            Self::PreUpdateHook => "pre-update-hook",
            Self::PostUpdateHook => "post-update-hook",
            Self::PreTriggerHook => "pre-trigger-hook",
            Self::PostTriggerHook => "post-trigger-hook",
            Self::PostFire => "post-fire",
        }
    }

    /// Before or after.
    pub fn phase(self) -> Phase {
        if self.as_str().starts_with("pre-") { Phase::Pre } else { Phase::Post }
    }

    /// Whether who is asked may say no. Removals can't be refused.
    pub fn may_be_refused(self) -> bool {
        self.phase() == Phase::Pre && !matches!(self, Self::PreRemoveNode | Self::PreDeleteCluster)
    }
}

/// There is no such event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no event {0:?}; there are {known}", known = Event::ALL.map(Event::as_str).join(", "))]
pub struct UnknownEvent(pub String);

impl FromStr for Event {
    type Err = UnknownEvent;

    fn from_str(name: &str) -> Result<Self, UnknownEvent> {
        let found = Self::ALL.into_iter().find(|event| event.as_str() == name);
        found.ok_or_else(|| UnknownEvent(name.to_owned()))
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for event in Event::ALL {
            assert_eq!(event.as_str().parse(), Ok(event));
        }
        assert!("pre_add_node".parse::<Event>().unwrap_err().to_string().contains("pre-add-node"));
    }

    #[test]
    fn only_what_creates_something_can_be_refused() {
        let refusable: Vec<_> = Event::ALL.into_iter().filter(|event| event.may_be_refused()).collect();
        use Event::{PreAddNode, PreCreateCluster, PreCreateHook, PreTriggerHook, PreUpdateHook};
        assert_eq!(refusable, [PreCreateCluster, PreAddNode, PreCreateHook, PreUpdateHook, PreTriggerHook]);
    }
}
