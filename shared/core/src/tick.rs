//! The clock's work: finds the occurrences that are due, sends their firings, and moves their hooks on.
//!
//! A tick comes each [`period`](Tick::period) and looks two of them ahead, so that one that is late, or does not come, delays
//! nothing. What it sends waits in the queue until its moment, to the second. Sending comes before moving on: a
//! tick that dies in between, or two at once, send the same firings again, with the same taskIds.

mod plan;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

use crate::cron::Schedule;
use crate::firing::{FiredBy, Firing};
use crate::ports::{Advance, DelayedFiring, DueHook, DueIndex, FiringQueue, MAX_DELAY, StoreError, chain};
use crate::secret::MasterKey;
use crate::trace::TraceContext;

pub use plan::{Plan, plan};

/// How many hooks are read at once in a shard.
const PAGE: usize = 100;

/// How many firings are sent at once, at least, before hooks are moved on: memory stays flat though each of a page's
/// hooks fires every second.
const FLUSH: usize = 200;

/// What a tick works with.
#[derive(Clone)]
pub struct Tick {
    /// Which hooks are due.
    pub index: Arc<dyn DueIndex>,
    /// Where their firings go.
    pub queue: Arc<dyn FiringQueue>,
    /// What occurrences' taskIds are derived from.
    pub master_key: MasterKey,
    /// How often a tick comes.
    pub period: Duration,
    /// The clock.
    pub clock: fn() -> Timestamp,
    /// The trace that this tick belongs to, which its firings do as well, as nobody else causes them.
    pub trace: Option<TraceContext>,
}

/// What a tick did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TickReport {
    /// How many hooks were due.
    pub hooks: usize,
    /// How many firings were sent.
    pub sent: usize,
    /// How many firings the queue did not take; their hooks stay due.
    pub refused: usize,
    /// How many hooks could not be moved on, and stay due.
    pub stuck: usize,
    /// How many hooks have a schedule that can't be read any more, and stay due.
    pub unreadable: usize,
    /// How late the latest was of what was due.
    pub lag: Duration,
    /// How many shards could not be read, or not to their end.
    pub failed_shards: usize,
    /// How many shards have hooks left that are due, as there was no time for them.
    pub unfinished_shards: usize,
}

impl TickReport {
    /// Whether all that was due is on its way.
    pub fn is_complete(&self) -> bool {
        self.refused + self.stuck + self.unreadable + self.failed_shards + self.unfinished_shards == 0
    }

    fn add(&mut self, other: &Self) {
        self.hooks += other.hooks;
        self.sent += other.sent;
        self.refused += other.refused;
        self.stuck += other.stuck;
        self.unreadable += other.unreadable;
        self.lag = self.lag.max(other.lag);
        self.failed_shards += other.failed_shards;
        self.unfinished_shards += other.unfinished_shards;
    }
}

impl Tick {
    /// Sends all firings that are due before the tick after the next. No work is begun after `stop_at`; what is left then is
    /// still due for the next tick.
    pub async fn run(&self, stop_at: Timestamp) -> TickReport {
        let until = after((self.clock)(), self.period * 2);
        let shards = (0..self.index.shards()).map(|shard| self.shard(shard, until, stop_at));
        let mut report = TickReport::default();
        for part in join_all(shards).await {
            report.add(&part);
        }
        report
    }

    async fn shard(&self, shard: u8, until: Timestamp, stop_at: Timestamp) -> TickReport {
        let mut report = TickReport::default();
        if let Err(error) = self.pages(shard, until, stop_at, &mut report).await {
            tracing::error!(shard, error = chain(&error), "hooks that are due can't be read");
            report.failed_shards += 1;
        }
        report
    }

    async fn pages(
        &self,
        shard: u8,
        until: Timestamp,
        stop_at: Timestamp,
        report: &mut TickReport,
    ) -> Result<(), StoreError> {
        let mut last: Option<DueHook> = None;
        loop {
            if (self.clock)() >= stop_at {
                report.unfinished_shards += 1;
                return Ok(());
            }
            let mut page = self.index.due(shard, until, last.as_ref(), PAGE).await?;
            report.hooks += page.hooks.len();
            let mut batch = Batch::default();
            for hook in &page.hooks {
                self.add(hook, until, &mut batch, report);
                if batch.firings.len() >= FLUSH {
                    self.flush(std::mem::take(&mut batch), report).await;
                }
            }
            self.flush(batch, report).await;
            last = page.hooks.pop();
            if !page.more || last.is_none() {
                return Ok(());
            }
        }
    }

    /// Adds what is due of a hook.
    fn add(&self, hook: &DueHook, until: Timestamp, batch: &mut Batch, report: &mut TickReport) {
        let schedule = match Schedule::parse_stored(&hook.schedule, &hook.name.to_string()) {
            Ok(schedule) => schedule,
            Err(error) => {
                tracing::error!(hook = %hook.name, error = chain(&error), "a hook's schedule can't be read");
                report.unreadable += 1;
                return;
            }
        };
        let now = (self.clock)();
        let late = Duration::try_from(now.duration_since(hook.at)).unwrap_or_default();
        report.lag = report.lag.max(late);
        let plan = plan(&schedule, hook.at, now, until);
        let first = batch.firings.len();
        batch.firings.extend(plan.occurrences.into_iter().map(|at| self.firing(hook, at, now)));
        let advance =
            Advance { hook: hook.name.clone(), revision: hook.revision, from: hook.at, to: plan.next };
        batch.hooks.push((first..batch.firings.len(), advance));
    }

    fn firing(&self, hook: &DueHook, at: Timestamp, now: Timestamp) -> DelayedFiring {
        let firing = Firing {
            task_id: self.master_key.occurrence_task_id(&hook.name, at),
            hook: hook.name.clone(),
            fired_by: FiredBy::Schedule,
            payload: None,
            client_id: None,
            created: at,
            trace: self.trace,
        };
        DelayedFiring { firing, delay: delay(at.duration_since(now)) }
    }

    /// Sends first, then moves on those hooks of which everything was taken.
    async fn flush(&self, batch: Batch, report: &mut TickReport) {
        if batch.hooks.is_empty() {
            return;
        }
        let results = self.queue.send(&batch.firings).await;
        let taken = |index: usize| results.get(index).is_some_and(Result::is_ok);
        report.sent += (0..batch.firings.len()).filter(|&index| taken(index)).count();
        let refusals = results.iter().filter_map(|result| result.as_ref().err());
        if let Some(error) = refusals.clone().next() {
            report.refused += refusals.count();
            tracing::error!(error = chain(error), "the queue of firings did not take all that is due");
        }
        let sent = batch.hooks.into_iter().filter(|(firings, _)| firings.clone().all(taken));
        let moves: Vec<Advance> = sent.map(|(_, advance)| advance).collect();
        for (advance, result) in moves.iter().zip(self.index.advance(&moves).await) {
            // False: another tick has moved it on, or its schedule has changed. Either way it is where it belongs.
            if let Err(error) = result {
                report.stuck += 1;
                tracing::error!(hook = %advance.hook, error = chain(&error), "a hook can't be moved on");
            }
        }
    }
}

/// What is sent and moved on at once: the firings, and each hook with its part of them.
#[derive(Default)]
struct Batch {
    firings: Vec<DelayedFiring>,
    hooks: Vec<(std::ops::Range<usize>, Advance)>,
}

/// Whole seconds, so that nothing is received before its moment, and within the second that begins with it.
fn delay(until: SignedDuration) -> Duration {
    let until = Duration::try_from(until).unwrap_or_default();
    let seconds = until.as_secs() + u64::from(until.subsec_nanos() > 0);
    Duration::from_secs(seconds).min(MAX_DELAY)
}

fn after(now: Timestamp, duration: Duration) -> Timestamp {
    now.checked_add(duration).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
