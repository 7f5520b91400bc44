//! Doing executions: what the consumer of the queue of firings makes of one whose hook is a task of CDS.
//!
//! A message says which execution; how far that is, its record says. Whatever is to be done later, after a failure or a
//! maintenance, is sent to the same queue again, with a delay, before the message that said so is acknowledged: neither the
//! queue's count of receptions nor its retention bounds how long CDS may be away.

mod find;

pub(crate) use find::Finder;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::kinds::Payload;
use super::{CdsApi, CdsError, Execution, ExecutionStore, ServiceStateStore, Status, Task, WorkflowRun};
use crate::firing::Firing;
use crate::hook::StoredHook;
use crate::ports::{DelayedFiring, FireStore, FiringQueue, MAX_DELAY, QueueError, StoreError, chain};

/// How long whoever does an execution has it for themselves: longer than CDS may take.
pub const LEASE: Duration = Duration::from_secs(60);

/// How often the end of a maintenance is looked for: as often as is tried again what failed, but neither more nor less often than this.
const MAINTENANCE_PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// What an execution's error begins with where it was not to be done.
pub const SKIPPED: &str = "skipped: ";

/// How failures are dealt with, and how much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How long an execution that failed waits.
    pub retry_delay: Duration,
    /// How often one may fail.
    pub most_errors: u32,
    /// How many executions that are over a task keeps.
    pub history: usize,
}

impl Default for Rules {
    /// Those of CDS: 120 s, 3 errors, 10 executions.
    fn default() -> Self {
        Self { retry_delay: Duration::from_secs(120), most_errors: 3, history: 10 }
    }
}

/// What does executions.
#[derive(Clone)]
pub struct Processor {
    /// Where they are kept.
    pub executions: Arc<dyn ExecutionStore>,
    /// Where firings from messages are claimed.
    pub claims: Arc<dyn FireStore>,
    /// Whom CDS knows us as, and whether there is a maintenance.
    pub state: Arc<dyn ServiceStateStore>,
    /// What runs workflows.
    pub api: Arc<dyn CdsApi>,
    /// The queue that executions come from, and wait in.
    pub queue: Arc<dyn FiringQueue>,
    /// How failures are dealt with.
    pub rules: Rules,
    /// The clock.
    pub clock: fn() -> Timestamp,
}

/// What came of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Processed {
    /// The workflow runs: its run's number.
    Ran(u64),
    /// It was not to run: why.
    Skipped(String),
    /// It could not be run, and won't be: why.
    Failed(String),
    /// It is in the queue again, to come after so long.
    Waits(Duration),
    /// There is nothing to do: it is done, or gone.
    Dropped(&'static str),
}

/// Why a message must come again.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// A store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue did not take what is to be done later.
    #[error("an execution can't be put off")]
    Queue(#[from] QueueError),
}

impl Processor {
    /// Does what a message says. `is_outdated` tells why a firing that is not on record is none any more.
    pub async fn process(
        &self,
        hook: &StoredHook,
        task: &Task,
        firing: &Firing,
        is_outdated: impl FnOnce() -> Option<&'static str>,
    ) -> Result<Processed, ProcessError> {
        let finder = Finder { executions: &*self.executions, claims: &*self.claims };
        let execution = match finder.find(hook, task, firing, is_outdated).await? {
            Ok(execution) => execution,
            Err(why) => return Ok(Processed::Dropped(why)),
        };
        if execution.status == Status::Done {
            return Ok(Processed::Dropped("the execution is over"));
        }
        let now = (self.clock)();
        if let Some(until) = execution.not_before.filter(|until| *until > now) {
            return self
                .put_off(firing, Duration::try_from(until.duration_since(now)).unwrap_or_default())
                .await;
        }
        if task.stopped {
            return self.skip(execution, "the task is stopped").await;
        }
        let state = self.state.read().await?;
        if state.maintenance_since.is_some() {
            let (shortest, longest) = MAINTENANCE_PAUSES;
            return self.put_off(firing, self.rules.retry_delay.clamp(shortest, longest)).await;
        }
        let run = match run_of(task, &execution) {
            Ok(Ok(run)) => run,
            Ok(Err(why)) => return self.skip(execution, &why).await,
            Err(error) => return self.give_up(execution, error).await,
        };
        let doing =
            Execution { status: Status::Doing, not_before: Some(later(now, LEASE)), ..next(&execution) };
        if !self.executions.update(&execution, &doing).await? {
            // Somebody else is at it.
            return self.put_off(firing, LEASE).await;
        }
        let outcome = match &state.hash {
            Some(hash) => self.api.run_workflow(hash, &run).await,
            None => Err(CdsError::Unregistered { reason: "this service is not registered yet".into() }),
        };
        match outcome {
            Ok(number) => {
                self.finish(&doing, Execution { run: Some(number), last_error: None, ..next(&doing) })
                    .await?;
                Ok(Processed::Ran(number))
            }
            Err(error) => self.failed(firing, doing, error).await,
        }
    }

    /// It comes again, or was tried often enough. Only what CDS answers counts: that it is not there is no fault of the execution's.
    async fn failed(
        &self,
        firing: &Firing,
        doing: Execution,
        error: CdsError,
    ) -> Result<Processed, ProcessError> {
        let text = chain(&error);
        tracing::warn!(hook = %doing.task, error = text, "CDS did not run a workflow");
        let errors = doing.errors + u32::from(matches!(error, CdsError::Refused { .. }));
        if errors >= self.rules.most_errors {
            return self.give_up(Execution { errors, ..doing }, text).await;
        }
        let wait = self.rules.retry_delay;
        let waiting = Execution {
            status: Status::Enqueued,
            errors,
            last_error: Some(text),
            not_before: Some(later((self.clock)(), wait)),
            ..next(&doing)
        };
        // Written first: should the sending fail, the message comes again, finds when it is due, and is sent then.
        self.executions.update(&doing, &waiting).await?;
        self.put_off(firing, wait).await
    }

    async fn skip(&self, execution: Execution, why: &str) -> Result<Processed, ProcessError> {
        let over = Execution { last_error: Some(format!("{SKIPPED}{why}")), ..next(&execution) };
        self.finish(&execution, over).await?;
        Ok(Processed::Skipped(why.to_owned()))
    }

    async fn give_up(&self, execution: Execution, why: String) -> Result<Processed, ProcessError> {
        let errors = execution.errors.max(1);
        let over = Execution { errors, last_error: Some(why.clone()), ..next(&execution) };
        self.finish(&execution, over).await?;
        Ok(Processed::Failed(why))
    }

    /// Records that an execution is over, then cleans up.
    async fn finish(&self, was: &Execution, over: Execution) -> Result<(), ProcessError> {
        let over =
            Execution { status: Status::Done, processed: Some((self.clock)()), not_before: None, ..over };
        // False: it was stopped, or removed, meanwhile. That stands.
        self.executions.update(was, &over).await?;
        // What can't be cleaned up now is when the next one is over.
        if let Err(error) = self.executions.trim(&over.task, self.rules.history).await {
            tracing::warn!(hook = %over.task, error = chain(&error), "old executions can't be removed");
        }
        Ok(())
    }

    async fn put_off(&self, firing: &Firing, wait: Duration) -> Result<Processed, ProcessError> {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let delay = Duration::from_secs(seconds).min(MAX_DELAY);
        let sent = self.queue.send(&[DelayedFiring { firing: firing.clone(), delay }]).await;
        sent.into_iter().next().unwrap_or(Ok(()))?;
        Ok(Processed::Waits(delay))
    }
}

/// What CDS is to be asked for; or why nothing; or what is wrong with what happened.
fn run_of(task: &Task, execution: &Execution) -> Result<Result<WorkflowRun, String>, String> {
    let config = &execution.config;
    let cause = execution.cause.as_ref().ok_or("it is not known any more what happened")?;
    let payload = match (task.kind.of().payload)(config, cause).map_err(|error| error.to_string())? {
        Payload::Run(payload) => payload,
        Payload::Ignored(why) => return Ok(Err(why)),
    };
    let required = |name| config.required(name).map(str::to_owned).map_err(|error| error.to_string());
    Ok(Ok(WorkflowRun {
        project: required("project")?,
        workflow: required("workflow")?,
        uuid: execution.task.id().to_owned(),
        payload,
    }))
}

/// The same execution, to be written over this one.
fn next(execution: &Execution) -> Execution {
    Execution { revision: execution.revision + 1, ..execution.clone() }
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
