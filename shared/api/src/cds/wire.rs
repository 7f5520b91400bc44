//! Tasks and executions as CDS writes them.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use treble_core::cds::{Cause, Config, Counts, Execution, Kind, Task};
use treble_core::hook::StoredHook;

use super::error::ApiError;
use super::service::task;

/// A task. Nobody is shown its secret.
#[derive(Debug, Serialize)]
pub(super) struct TaskView<'a> {
    uuid: &'a str,
    #[serde(rename = "type")]
    kind: Kind,
    stopped: bool,
    config: Config,
    #[serde(skip_serializing_if = "Option::is_none")]
    conditions: Option<&'a Value>,
    executions: Vec<ExecutionView<'a>>,
    #[serde(rename = "nb_executions_total")]
    total: u64,
    #[serde(rename = "nb_executions_todo")]
    todo: u64,
}

impl<'a> TaskView<'a> {
    /// A task with some of its executions, and the counts of all.
    pub(super) fn new(
        hook: &'a StoredHook,
        executions: &'a [Execution],
        counts: Counts,
    ) -> Result<Self, ApiError> {
        let task = task(hook)?;
        Ok(Self {
            uuid: hook.name.id(),
            kind: task.kind,
            stopped: task.stopped,
            config: task.config.masked(),
            conditions: task.conditions.as_ref(),
            executions: executions.iter().map(|execution| ExecutionView::new(task, execution)).collect(),
            total: counts.total,
            todo: counts.todo,
        })
    }
}

/// An execution.
#[derive(Debug, Serialize)]
pub(super) struct ExecutionView<'a> {
    uuid: &'a str,
    #[serde(rename = "type")]
    kind: Kind,
    timestamp: i64,
    nb_errors: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<&'a str>,
    processing_timestamp: i64,
    workflow_run: u64,
    status: &'static str,
    config: Config,
    #[serde(flatten)]
    cause: Option<&'a Cause>,
}

impl<'a> ExecutionView<'a> {
    /// An execution of a task.
    pub(super) fn new(task: &Task, execution: &'a Execution) -> Self {
        Self {
            uuid: execution.task.id(),
            kind: task.kind,
            timestamp: nanoseconds(execution.created),
            nb_errors: execution.errors,
            last_error: execution.last_error.as_deref(),
            processing_timestamp: execution.processed.map(nanoseconds).unwrap_or_default(),
            workflow_run: execution.run.unwrap_or_default(),
            status: execution.status.as_str(),
            config: execution.config.masked(),
            cause: execution.cause.as_ref(),
        }
    }

    /// The same without what happened.
    pub(super) fn without_cause(self) -> Self {
        Self { cause: None, ..self }
    }
}

/// A moment as CDS counts it, since the epoch; what lies beyond the year 2262 is as far as that counts.
fn nanoseconds(at: Timestamp) -> i64 {
    i64::try_from(at.as_nanosecond()).unwrap_or(i64::MAX)
}

/// A moment, of such a count.
pub(super) fn moment(nanoseconds: &str) -> Result<Timestamp, ApiError> {
    let wrong = || {
        let message =
            format!("timestamp {nanoseconds:?} must be an execution's: nanoseconds since the epoch");
        ApiError::input(message)
    };
    let count: i64 = nanoseconds.parse().map_err(|_| wrong())?;
    Timestamp::from_nanosecond(count.into()).map_err(|_| wrong())
}
