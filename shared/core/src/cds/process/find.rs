//! The execution that a message is about.

use jiff::Timestamp;

use crate::cds::{Cause, Execution, ExecutionStore, Status, Task};
use crate::firing::{FiredBy, Firing};
use crate::hook::StoredHook;
use crate::ports::{Claim, FireStore, StoreError};

/// How many executions may have the same moment, to the nanosecond, before one is told that this can't be.
const SAME_MOMENT: usize = 8;

/// Finds executions of firings.
pub(crate) struct Finder<'s> {
    /// Where they are kept.
    pub(crate) executions: &'s dyn ExecutionStore,
    /// Where firings from messages are claimed.
    pub(crate) claims: &'s dyn FireStore,
}

impl Finder<'_> {
    /// Finds it, or puts it on record: of a schedule or a message there is nothing before the first delivery. An error says why
    /// there is nothing to be done.
    pub(crate) async fn find(
        &self,
        hook: &StoredHook,
        task: &Task,
        firing: &Firing,
        is_outdated: impl FnOnce() -> Option<&'static str>,
    ) -> Result<Result<Execution, &'static str>, StoreError> {
        let first = self.first_moment(hook, firing).await?;
        let mut created = first;
        for _ in 0..SAME_MOMENT {
            match self.executions.get(&hook.name, created).await? {
                Some(execution) if execution.task_id == firing.task_id => return Ok(Ok(execution)),
                // Another's.
                Some(_) => created = created.checked_add(NANOSECOND).unwrap_or(created),
                None => break,
            }
        }
        if let Some(why) = is_outdated() {
            return Ok(Err(why));
        }
        let Some(cause) = cause(task, firing) else {
            return Ok(Err("the execution was removed"));
        };
        let execution = new(hook, task, firing, created, cause);
        if self.executions.create(&execution).await? {
            return Ok(Ok(execution));
        }
        // Another delivery was quicker.
        let found = self.executions.get(&hook.name, created).await?;
        found.map(Ok).ok_or_else(|| again(&execution))
    }

    /// The moment that the execution has, whichever delivery this is.
    async fn first_moment(&self, hook: &StoredHook, firing: &Firing) -> Result<Timestamp, StoreError> {
        if firing.fired_by != FiredBy::PulseMessage {
            return Ok(firing.created);
        }
        let first = match self.claims.claim(hook, firing).await? {
            Claim::New => firing.created,
            Claim::Earlier { created, .. } => created,
        };
        Ok(first.checked_add(apart(firing)).unwrap_or(first))
    }
}

const NANOSECOND: jiff::SignedDuration = jiff::SignedDuration::from_nanos(1);

/// Brokers tell moments in milliseconds or less, and a task's executions are known by theirs: some nanoseconds, always the same
/// for a firing, tell those of one millisecond apart.
fn apart(firing: &Firing) -> jiff::SignedDuration {
    let mix = |sum: u32, byte: u8| (sum.wrapping_mul(31)).wrapping_add(u32::from(byte));
    jiff::SignedDuration::from_nanos(i64::from(firing.task_id.as_str().bytes().fold(7, mix) % 1_000_000))
}

/// What happened, where the firing tells. Requests are on record before their firings are sent.
fn cause(task: &Task, firing: &Firing) -> Option<Cause> {
    match firing.fired_by {
        FiredBy::Schedule => Some(Cause::ScheduledTask { date_scheduled_execution: firing.created }),
        FiredBy::PulseMessage => firing.payload.clone().map(task.kind.of().of_message),
        FiredBy::Webhook | FiredBy::TriggerHook | FiredBy::TriggerHookWithToken => None,
    }
}

fn new(hook: &StoredHook, task: &Task, firing: &Firing, created: Timestamp, cause: Cause) -> Execution {
    Execution {
        task: hook.name.clone(),
        task_id: firing.task_id.clone(),
        fired_by: firing.fired_by,
        created,
        status: Status::Enqueued,
        errors: 0,
        last_error: None,
        processed: None,
        run: None,
        not_before: None,
        revision: 1,
        config: task.config.without_secret(),
        cause: Some(cause),
    }
}

fn again(execution: &Execution) -> StoreError {
    let operation = format!("read an execution of hook {} that was there", execution.task);
    StoreError::Unavailable { operation, source: "it comes and goes".into() }
}
