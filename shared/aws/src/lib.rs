//! Adapters of Treble's ports on DynamoDB, SQS and a Taskcluster Queue.
//!
//! - [`client`] configures the SDK, lean enough for a cold start.
//! - [`dynamodb`] keeps hooks, fire records, clients and roles.
//! - [`sink`] creates tasks.

pub mod client;
pub mod dynamodb;
pub mod sink;
