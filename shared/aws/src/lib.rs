//! Adapters of Treble's ports on DynamoDB, SQS and a Taskcluster Queue.
//!
//! - [`dynamodb`] keeps hooks, fire records, clients and roles.
//! - [`sink`] creates tasks.

pub mod dynamodb;
pub mod sink;
