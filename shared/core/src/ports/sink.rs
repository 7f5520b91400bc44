//! Where tasks are created.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::BoxError;
use crate::firing::Firing;

/// A task to create.
#[derive(Debug, Clone, Copy)]
pub struct NewTask<'a> {
    /// The firing that creates it; the task has its taskId.
    pub firing: &'a Firing,
    /// The task's definition.
    pub definition: &'a Value,
    /// How long the sink may take, its own retries included.
    pub budget: Duration,
}

/// A task that was created.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreatedTask {
    /// The task's status, where the sink keeps one.
    pub status: Option<Value>,
}

/// Why a task was not created.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// The sink refused the task: trying again won't help.
    #[error("{message}")]
    Rejected {
        /// The sink's HTTP status, 400 to 499.
        status: u16,
        /// The sink's error code, e.g. `InputError`.
        code: String,
        /// The sink's own words.
        message: String,
        /// The sink's whole answer, where it is JSON.
        body: Option<Value>,
    },
    /// The sink could not take the task: trying again may help. The task may exist all the same.
    #[error("the sink is unavailable: {reason}")]
    Unavailable {
        /// What happened, fit for the hook's owner to read: no addresses, no secrets.
        reason: String,
        /// The sink's HTTP status, where it answered.
        status: Option<u16>,
        /// The sink's whole answer, where it is JSON.
        body: Option<Value>,
        /// What the adapter met.
        #[source]
        source: Option<BoxError>,
    },
}

/// Where tasks are created: a Taskcluster Queue, an SQS queue, a journal.
#[async_trait]
pub trait Sink: Send + Sync {
    /// Creates a task; one that exists already with this taskId and definition is created.
    async fn create_task(&self, task: NewTask<'_>) -> Result<CreatedTask, SinkError>;

    /// Whether the sink itself checks that the hook's role satisfies the task's scopes. Where it
    /// doesn't, the engine does.
    fn checks_scopes(&self) -> bool {
        false
    }

    /// Whether the sink answers: one cheap call.
    async fn check(&self) -> Result<(), SinkError>;
}
