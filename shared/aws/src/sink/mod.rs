//! Where tasks are created: sinks that are reached over the network.
//!
//! - [`SqsSink`] sends each task to an SQS queue, for whatever reads it.
//! - `trace` is a task's trace as attributes of a message.
//! - [`QueueSink`] creates each task at a Taskcluster Queue.

mod queue;
mod sqs;
mod trace;

pub use queue::{InvalidCredentials, QueueCredentials, QueueSink};
pub use sqs::{MAX_MESSAGE_BYTES, SqsSink};
pub(crate) use sqs::{group_id, within_charset};
pub(crate) use trace::xray_attribute;
