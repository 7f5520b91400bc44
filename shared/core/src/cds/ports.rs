//! What tasks of CDS need from outside.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Execution, NodeHook};
use crate::hook::HookName;
use crate::ports::{BoxError, Page, PageRequest, StoreError};

/// How many executions a task has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All that are kept.
    pub total: u64,
    /// Those that are not over.
    pub todo: u64,
}

/// Where executions are kept: among the fire records, until they are trimmed or their task is removed.
#[async_trait]
pub trait ExecutionStore: Send + Sync {
    /// Stores a new execution, and counts it, all or nothing. False, and nothing changed, where there is one of the same
    /// firing already.
    async fn create(&self, execution: &Execution) -> Result<bool, StoreError>;

    /// The execution of a moment, to the nanosecond, with its cause.
    async fn get(&self, task: &HookName, created: Timestamp) -> Result<Option<Execution>, StoreError>;

    /// Replaces what changes in an execution's life (not its config, nor its cause), and the counts with it, all or nothing.
    /// False, and nothing changed, when `old` is no longer what is stored. `new.revision` is `old.revision + 1`.
    async fn update(&self, old: &Execution, new: &Execution) -> Result<bool, StoreError>;

    /// A task's executions, newest first; large causes are left out.
    async fn list(&self, task: &HookName, page: &PageRequest) -> Result<Page<Execution>, StoreError>;

    /// How many executions a task has.
    async fn counts(&self, task: &HookName) -> Result<Counts, StoreError>;

    /// How many executions each task has that ever had any, by uuid, in the order of the uuids.
    async fn all_counts(&self, page: &PageRequest) -> Result<Page<(String, Counts)>, StoreError>;

    /// Removes the executions of a task that are over, but for the newest so many: how many it removed. Reads no more than
    /// what it keeps and what it removes, and nothing else.
    async fn trim(&self, task: &HookName, keep: usize) -> Result<usize, StoreError>;

    /// Removes all executions of a task, and its counts.
    async fn remove_all(&self, task: &HookName) -> Result<(), StoreError>;
}

/// What CDS is asked to do for an execution.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkflowRun {
    /// The project's key.
    pub project: String,
    /// The workflow's name.
    pub workflow: String,
    /// The task.
    pub uuid: String,
    /// What the workflow gets.
    pub payload: BTreeMap<String, String>,
}

/// Why CDS did not do it.
#[derive(Debug, thiserror::Error)]
pub enum CdsError {
    /// It was not reached, or is not there at the moment (502, 503, 504): nobody's fault, and it will pass.
    #[error("CDS is unavailable: {reason}")]
    Unavailable {
        /// What happened: no addresses, no secrets.
        reason: String,
        /// What the adapter met.
        #[source]
        source: Option<BoxError>,
    },
    /// It does not know our hash (401, 403), or we have none: register again.
    #[error("CDS does not know this service: {reason}")]
    Unregistered {
        /// What it said.
        reason: String,
    },
    /// It answered something else than it should.
    #[error("CDS answered {status}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Its own words.
        message: String,
    },
}

/// What CDS answers to a registration.
#[derive(Clone, PartialEq, Eq)]
pub struct Registration {
    /// The secret that both sides show to each other from now on.
    pub hash: String,
}

/// The API of CDS.
#[async_trait]
pub trait CdsApi: Send + Sync {
    /// Registers the service, or says that it is still there: the same call. `status` is what it tells of how it is.
    async fn register(&self, status: &serde_json::Value) -> Result<Registration, CdsError>;

    /// All hooks that CDS knows, whose tasks are to be here.
    async fn list_hooks(&self, hash: &str) -> Result<Vec<NodeHook>, CdsError>;

    /// Runs a workflow: its run's number.
    async fn run_workflow(&self, hash: &str, run: &WorkflowRun) -> Result<u64, CdsError>;
}

/// What the service knows of itself at CDS.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ServiceState {
    /// The secret of the last registration.
    pub hash: Option<String>,
    /// When CDS last answered a registration or a heartbeat.
    pub registered: Option<Timestamp>,
    /// Why the last one failed; None where it didn't.
    pub last_error: Option<String>,
    /// Since when nothing is done of what is accepted; None while all is.
    pub maintenance_since: Option<Timestamp>,
}

/// Where it is kept what the service knows of itself. The hash rests sealed there.
#[async_trait]
pub trait ServiceStateStore: Send + Sync {
    /// What is known; nothing, before the first registration. Read consistently.
    async fn read(&self) -> Result<ServiceState, StoreError>;

    /// Keeps the outcome of a registration: its hash, where it went well (the old one stays otherwise), or why it didn't.
    async fn set_registration(&self, now: Timestamp, outcome: Result<&str, &str>) -> Result<(), StoreError>;

    /// Begins or ends a maintenance.
    async fn set_maintenance(&self, since: Option<Timestamp>) -> Result<(), StoreError>;
}

/// Seals what is secret before it rests in a table.
pub trait Seal: Send + Sync {
    /// What may rest: a text that only this deployment can open, for this purpose (e.g. a task's uuid).
    ///
    /// # Errors
    /// When the system has no randomness to give.
    fn seal(&self, purpose: &str, secret: &str) -> Result<String, BoxError>;

    /// What was sealed; None where it was sealed for another purpose, by another deployment, or changed.
    fn open(&self, purpose: &str, sealed: &str) -> Option<String>;
}
