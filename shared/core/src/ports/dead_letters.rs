//! Where messages are kept that could not be done.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Page, PageRequest, StoreError};
use crate::hook::HookName;

/// A message that was received again and again and never done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Identifies it: a firing's taskId, or what the queue called the message.
    pub id: String,
    /// The hook that it was for, if that can be told.
    pub hook: Option<HookName>,
    /// When it was given up.
    pub died: Timestamp,
    /// Why.
    pub reason: String,
    /// What it says: a [`Firing`](crate::firing::Firing) as JSON, or anything at all.
    pub message: String,
}

/// Where dead letters are kept, for a month: to be looked at, and sent again once what killed them is mended.
#[async_trait]
pub trait DeadLetters: Send + Sync {
    /// Keeps one; the same twice is one.
    async fn add(&self, letter: &DeadLetter) -> Result<(), StoreError>;

    /// The letters, oldest first.
    async fn list(&self, page: &PageRequest) -> Result<Page<DeadLetter>, StoreError>;

    /// Removes one. False where it is gone already.
    async fn remove(&self, letter: &DeadLetter) -> Result<bool, StoreError>;
}
