//! Stores on DynamoDB. Nothing outside this module knows a table's keys.
//!
//! [`schema`] is the list of tables, keys and indexes. Each item has a text partition key `pk` and a text sort key `sk`; and
//! `v`, the version of its format. Attributes that are not known are ignored, so that a version of Treble
//! can read what the next one wrote.
//!
//! Everything is reached by its key or by a Query of one partition: there is no Scan.

mod auth;
mod condition;
mod dead_letters;
mod executions;
mod fires;
mod gates;
mod hooks;
pub mod inspect;
mod item;
mod page;
mod repositories;
mod restore;
pub mod schema;
mod service_state;
pub mod stream;
mod transaction;

pub use auth::{AuthStoreError, ClientEntry, DynamoAuth, NewClient, RoleEntry, SealedClient};
pub use dead_letters::DynamoDeadLetters;
pub use executions::DynamoExecutions;
pub use fires::{ClaimEntry, DynamoFires};
pub use gates::DynamoGates;
pub use hooks::{DUE_SHARDS, DynamoHooks, due_partition};
pub use repositories::DynamoRepositories;
pub use restore::{Restore, Restored};
pub use schema::{CreateTablesError, TableNames, create_tables};
pub use service_state::DynamoServiceState;
