//! Adapters of Treble's ports on DynamoDB, SQS and a Taskcluster Queue.
//!
//! - [`client`] configures the SDK, lean enough for a cold start.
//! - [`dynamodb`] keeps hooks, fire records, clients and roles.
//! - [`sink`] creates tasks.
//! - [`http`] asks services that aren't AWS's.

pub mod client;
pub mod dynamodb;
pub mod http;
pub mod sink;
