//! Tasks of OVH CDS's hooks service, on the same engine: a *task* is a hook of the group [`GROUP`] that has a [`Task`] in its
//! definition, a *task execution* is a firing with its record.
//!
//! - `config` is what a task says of itself in names and texts; `task` what it is beside; `node_hook` how CDS tells of one.
//! - [`kinds`] are the types of tasks: a file for each, and a line in a table. [`kafka`] makes messages of topics' records.
//! - `execution` is a firing of a task, from when it is accepted until it is done and cleaned away.
//! - `tasks` saves, removes, starts and stops them.
//! - `process` does them; `registration` makes this service known to CDS;
//!   `synchronize` compares tasks with what CDS knows.
//! - [`poll`] asks providers what happened in repositories.
//! - `ports` are what this part of the engine needs from outside.

mod config;
mod execution;
pub mod kafka;
pub mod kinds;
mod node_hook;
pub mod poll;
mod ports;
mod process;
mod registration;
mod synchronize;
mod task;
mod tasks;

pub use config::{Config, ConfigValue, InvalidConfig};
pub use execution::{Cause, Execution, Status, WebhookRequest};
pub use kinds::{Kind, Provider, RepositoryEvent};
pub use node_hook::{InvalidNodeHook, NodeHook};
pub use ports::{
    CdsApi, CdsError, Counts, ExecutionStore, Registration, Seal, ServiceState, ServiceStateStore,
    WorkflowRun,
};
pub(crate) use process::Finder;
pub use process::{LEASE, ProcessError, Processed, Processor, Rules, SKIPPED};
pub use registration::{PERIOD, Registrar};
pub use synchronize::{SyncError, SyncReport, Synchronizer};
pub use task::{Task, hook_name};
pub use tasks::{MASK, SECRET, SaveError, SealedElsewhere, Tasks};

/// The group of hooks that are tasks of CDS. Only this dialect makes hooks in it.
pub const GROUP: &str = "cds";
