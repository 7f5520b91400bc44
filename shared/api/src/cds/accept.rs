//! How an execution comes to be: it is stored, then its firing is sent, then it is answered.
//!
//! Who dies after the first leaves an execution that waits in no queue. A sender who names its events sends them again, which
//! sends the firing; any other can be sent by `run-execution`.

use treble_core::cds::{Cause, Execution, SKIPPED, Status, Task};
use treble_core::firing::{FiredBy, Firing};
use treble_core::hook::StoredHook;
use treble_core::ports::{Claim, DelayedFiring, chain};
use treble_core::slugid::SlugId;
use treble_core::trace::TraceContext;

use super::error::ApiError;
use super::service::Service;

/// What makes a task fire.
pub(super) struct Event {
    pub(super) fired_by: FiredBy,
    pub(super) cause: Cause,
    /// What its sender calls it, where it tells: the same twice is the same event.
    pub(super) id: Option<String>,
    pub(super) trace: Option<TraceContext>,
}

impl Service {
    /// Makes an execution of a task from an event, or finds the one that was made of it.
    pub(super) async fn accept(
        &self,
        hook: &StoredHook,
        task: &Task,
        event: Event,
    ) -> Result<Execution, ApiError> {
        let trace = event.trace;
        // An event that a stopped task skips is not claimed: it may come again when the task was started.
        let id = event.id.as_ref().filter(|_| !task.stopped);
        let named = id.map(|id| self.master_key.event_task_id(&hook.name, id));
        let repeatable = named.is_some();
        let mut execution = self.execution(hook, task, event, named);
        tracing::Span::current().record("taskId", execution.task_id.as_str());
        if task.stopped {
            execution.last_error = Some(format!("{SKIPPED}the task is stopped"));
            (execution.status, execution.processed) = (Status::Done, Some(execution.created));
            self.executions.create(&execution).await?;
            return Ok(execution);
        }
        if repeatable
            && let Claim::Earlier { created, .. } =
                self.claims.claim(hook, &firing(&execution, trace)).await?
        {
            execution.created = created;
            if let Some(earlier) = self.executions.get(&hook.name, created).await? {
                return self.again(earlier, trace).await;
            }
        }
        if !self.executions.create(&execution).await?
            && let Some(earlier) = self.executions.get(&hook.name, execution.created).await?
        {
            return self.again(earlier, trace).await;
        }
        if let Err(error) = self.send(&execution, trace).await {
            if !repeatable {
                self.give_up(&execution).await;
            }
            return Err(error);
        }
        Ok(execution)
    }

    /// A new execution that waits in the queue.
    fn execution(&self, hook: &StoredHook, task: &Task, event: Event, named: Option<SlugId>) -> Execution {
        Execution {
            task: hook.name.clone(),
            task_id: named.unwrap_or_else(|| SlugId::from_bytes(*uuid::Uuid::new_v4().as_bytes())),
            fired_by: event.fired_by,
            created: self.moment(hook.created),
            status: Status::Enqueued,
            errors: 0,
            last_error: None,
            processed: None,
            run: None,
            not_before: None,
            revision: 1,
            config: task.config.without_secret(),
            cause: Some(event.cause),
        }
    }

    /// An execution whose event came again: its firing may never have been sent.
    async fn again(&self, execution: Execution, trace: Option<TraceContext>) -> Result<Execution, ApiError> {
        if execution.status != Status::Done {
            self.send(&execution, trace).await?;
        }
        Ok(execution)
    }

    /// Sends an execution's firing.
    pub(super) async fn send(
        &self,
        execution: &Execution,
        trace: Option<TraceContext>,
    ) -> Result<(), ApiError> {
        let results = self.queue.send(&[DelayedFiring::now(firing(execution, trace))]).await;
        let result = results.into_iter().next();
        Ok(result.ok_or_else(|| ApiError::internal("the queue said nothing of a firing"))??)
    }

    /// Ends an execution that the queue did not take: its sender is told, and will send it as another.
    async fn give_up(&self, execution: &Execution) {
        let given_up = Execution {
            status: Status::Done,
            last_error: Some("the queue did not take it, which its sender was told".into()),
            processed: Some((self.now)()),
            revision: execution.revision + 1,
            ..execution.clone()
        };
        if let Err(error) = self.executions.update(execution, &given_up).await {
            tracing::error!(task = %execution.task, error = chain(&error), "an execution that was not sent stays open");
        }
    }
}

fn firing(execution: &Execution, trace: Option<TraceContext>) -> Firing {
    Firing {
        task_id: execution.task_id.clone(),
        hook: execution.task.clone(),
        fired_by: execution.fired_by,
        payload: None,
        client_id: None,
        created: execution.created,
        trace,
    }
}
