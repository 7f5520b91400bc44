//! Adapters of Treble's ports on DynamoDB, SQS, EventBridge, SES and a Taskcluster Queue.
//!
//! - [`cds`] calls the API of CDS.
//! - [`bus`] publishes changes, [`mail`] tells hooks' owners.
//! - [`client`] configures the SDK, lean enough for a cold start.
//! - [`dynamodb`] keeps hooks, fire records, clients and roles.
//! - [`sink`] creates tasks.
//! - [`integrators`] calls third parties, none of them inside.
//! - [`pulse`] carries messages from a broker, and changes of hooks to it.
//! - [`queue`] is where firings wait.
//! - [`master_key`] reads the deployment's one secret.
//! - [`seal`] seals what is secret before it rests in a table.
//! - [`settings`] says what the environment must hold.
//! - [`http`] asks services that aren't AWS's; [`vcs`] asks those that keep repositories.

pub mod bus;
pub mod cds;
pub mod client;
pub mod dynamodb;
pub mod http;
pub mod integrators;
pub mod mail;
pub mod master_key;
mod patience;
pub mod pulse;
pub mod queue;
pub mod seal;
pub mod settings;
pub mod sink;
#[cfg(test)]
mod stub;
pub mod vcs;
