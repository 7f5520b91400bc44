//! Firings from a queue: what is made of each message, however often it comes.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::cds::{self, ProcessError, Processed};
use crate::fire::{Engine, FireError, FireOptions, Fired, TaskIdOrigin};
use crate::firing::{FiredBy, Firing};
use crate::hook::{HookName, StoredHook};
use crate::ports::{HookStore, QueueError, StoreError, chain};

/// How long a message waits at least before it is received for the second time.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// How long a message waits at most before it is received again.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// What fires hooks from a queue.
#[derive(Clone)]
pub struct Consumer {
    /// Where hooks are kept: each is read again, as it may have changed since its firing was sent.
    pub hooks: Arc<dyn HookStore>,
    /// What fires them.
    pub engine: Engine,
    /// What does those that are tasks of CDS, where there is one.
    pub cds: Option<cds::Processor>,
    /// How long the sink may take for one firing.
    pub budget: Duration,
    /// The clock.
    pub clock: fn() -> Timestamp,
}

/// What came of a message. Either way it is done.
#[derive(Debug)]
pub enum Outcome {
    /// The task exists, and the record.
    Fired(Box<Firing>),
    /// The template rendered to nothing.
    Declined(Box<Firing>),
    /// The firing failed, which is recorded.
    Failed(Box<Firing>, FireError),
    /// It is in the queue again, to come after so long.
    Postponed(Box<Firing>, Duration),
    /// There is nothing to be fired any more.
    Dropped(&'static str),
}

/// Why a message must come again.
#[derive(Debug, thiserror::Error)]
pub enum ConsumeError {
    /// It is no firing, and won't be one the next time; it becomes a dead letter.
    #[error("the message is no firing")]
    Unreadable(#[from] serde_json::Error),
    /// The hook could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is to be done later could not be sent.
    #[error("what is to be done later can't be sent")]
    Queue(#[source] QueueError),
    /// The hook is a task of CDS, and no CDS is known here.
    #[error("hook {0} is a task of CDS, and CDS_API_URL is not set")]
    NoCds(HookName),
    /// The firing failed in a way that may pass.
    #[error("hook {} can't be fired now", .firing.hook)]
    Fire {
        /// The firing.
        firing: Box<Firing>,
        /// What went wrong.
        #[source]
        error: FireError,
    },
}

/// Whether a message comes again when it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// It does: what may pass is not recorded.
    Retried,
    /// This is the last time: whatever comes of it is.
    Last,
}

impl From<ProcessError> for ConsumeError {
    fn from(error: ProcessError) -> Self {
        match error {
            ProcessError::Store(error) => Self::Store(error),
            ProcessError::Queue(error) => Self::Queue(error),
        }
    }
}

impl ConsumeError {
    /// What a log may say of it: nothing of what the message says, which a parser's error quotes.
    pub fn log_text(&self) -> String {
        match self {
            Self::Unreadable(error) => {
                let (what, line, column) = (error.classify(), error.line(), error.column());
                format!("the message is no firing: {what:?} at line {line} column {column}")
            }
            Self::Store(error) => chain(error),
            Self::Queue(_) | Self::NoCds(_) => chain(self),
            Self::Fire { error, .. } => error.log_text(),
        }
    }
}

impl Consumer {
    /// Does what a message says.
    pub async fn consume(&self, message: &str, attempt: Attempt) -> Result<Outcome, ConsumeError> {
        let firing: Firing = serde_json::from_str(message)?;
        // Whoever has put this into a span with these fields has them in all lines of it.
        let span = tracing::Span::current();
        span.record("hook", tracing::field::display(&firing.hook)).record("taskId", firing.task_id.as_str());
        if let Some(trace) = firing.trace {
            span.record("trace", tracing::field::display(trace));
        }
        let Some(hook) = self.hooks.get(&firing.hook).await? else {
            return Ok(Outcome::Dropped("the hook is gone"));
        };
        if let Some(task) = &hook.definition.cds {
            return self.process(&hook, task, firing).await;
        }
        if let Some(why) = outdated(&hook, &firing) {
            return Ok(Outcome::Dropped(why));
        }
        let options = FireOptions {
            task_id: match firing.fired_by {
                FiredBy::PulseMessage => TaskIdOrigin::Message,
                _ => TaskIdOrigin::Queue,
            },
            retried: attempt == Attempt::Retried,
            budget: self.budget,
            now: (self.clock)(),
        };
        match self.engine.fire(&hook, firing.clone(), options).await {
            Ok(Fired::Created { .. }) => Ok(Outcome::Fired(Box::new(firing))),
            Ok(Fired::Declined) => Ok(Outcome::Declined(Box::new(firing))),
            Err(FireError::Store(error)) => Err(error.into()),
            Err(error) if options.retried && error.may_pass() => {
                Err(ConsumeError::Fire { firing: Box::new(firing), error })
            }
            Err(error) => Ok(Outcome::Failed(Box::new(firing), error)),
        }
    }

    /// Does an execution of a task of CDS.
    async fn process(
        &self,
        hook: &StoredHook,
        task: &cds::Task,
        firing: Firing,
    ) -> Result<Outcome, ConsumeError> {
        let processor = self.cds.as_ref().ok_or_else(|| ConsumeError::NoCds(hook.name.clone()))?;
        let processed = processor.process(hook, task, &firing, || outdated(hook, &firing)).await;
        let firing = Box::new(firing);
        Ok(match processed? {
            Processed::Ran(_) => Outcome::Fired(firing),
            Processed::Skipped(_) => Outcome::Declined(firing),
            Processed::Failed(reason) => Outcome::Failed(firing, FireError::Workflow { reason }),
            Processed::Waits(wait) => Outcome::Postponed(firing, wait),
            Processed::Dropped(why) => Outcome::Dropped(why),
        })
    }
}

/// Why a firing is none any more, as its hook is now.
fn outdated(hook: &StoredHook, firing: &Firing) -> Option<&'static str> {
    if firing.created < hook.created {
        return Some("the hook has been created anew");
    }
    let scheduled = firing.fired_by == FiredBy::Schedule;
    // A schedule that can't be read has no occurrences.
    let on_schedule = || {
        hook.definition.parse_stored_schedule().is_ok_and(|schedule| schedule.is_occurrence(firing.created))
    };
    (scheduled && !on_schedule()).then_some("the occurrence is no longer on the hook's schedule")
}

/// How long a message waits after it failed, having been received `receives` times: twice as long each time, up to a
/// quarter of an hour, less a random part so that what failed together does not come together. `random` is from 0 to 1.
pub fn backoff(receives: u32, random: f64) -> Duration {
    let doublings = receives.saturating_sub(1).min(16);
    let longest = (FIRST_WAIT * 2_u32.saturating_pow(doublings)).min(LONGEST_WAIT);
    longest.mul_f64(1.0 - random.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests;
