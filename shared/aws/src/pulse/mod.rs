//! Between a broker's bridge and the hooks, by SQS.
//!
//! - `messages` go in: what hooks may fire from, in an [`SqsQueue`](crate::queue::SqsQueue).
//! - `changes` come out: what an EventBridge rule sends to a queue of its own, to be published at the broker.

mod changes;
mod messages;

pub use changes::SqsChanges;

#[cfg(test)]
mod tests;
