//! Schedules and the queue of firings, in this process: a clock in place of the rule that wakes `tick`, and a worker in
//! place of the functions `fire` and `record-dead-firing`.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{MissedTickBehavior, interval, sleep};
use treble_aws::queue::backoff;
use treble_core::change::Change;
use treble_core::consumer::{Attempt, ConsumeError, Consumer, Outcome};
use treble_core::dead_letter;
use treble_core::ports::DeadLetters;
use treble_core::tick::Tick;

use super::gates::LaneClock;
use crate::output;
use crate::queue::Received;
use crate::queue::worker::Handler;

/// How often the clock looks what is due.
pub(super) const PERIOD: Duration = Duration::from_secs(5);

/// How long the sink may take for one firing: less than its message is hidden.
pub(super) const SINK_BUDGET: Duration = Duration::from_secs(20);

/// How long a change of a schedule waits for others: many hooks that are applied at once are one tick.
const SETTLE: Duration = Duration::from_millis(200);

/// Ticks, again and again: each period, and soon after a schedule may have changed. Lanes of deliveries are looked at beside.
pub(super) async fn clock(tick: Tick, lanes: Option<LaneClock>, mut changes: Receiver<Change>) {
    let mut times = interval(tick.period);
    times.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = times.tick() => {}
            () = new_schedule(&mut changes) => sleep(SETTLE).await,
        }
        while changes.try_recv().is_ok() {}
        let report = tick.run(Timestamp::MAX).await;
        if report.hooks > 0 {
            tracing::info!(hooks = report.hooks, sent = report.sent, lag = ?report.lag, "tick");
        }
        if let Some(lanes) = &lanes {
            lanes.tick().await;
        }
    }
}

/// Resolves when a hook was created or updated; never, once nothing changes any more.
async fn new_schedule(changes: &mut Receiver<Change>) {
    loop {
        match changes.recv().await {
            Ok(Change::HookCreated(_) | Change::HookUpdated(_)) | Err(RecvError::Lagged(_)) => return,
            Ok(_) => {}
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// Fires what waits in the queue.
pub(super) struct Firings {
    pub(super) consumer: Consumer,
    pub(super) dead_letters: Arc<dyn DeadLetters>,
}

#[async_trait]
impl Handler for Firings {
    async fn handle(&self, message: &Received) -> Result<(), Duration> {
        match self.consumer.consume(&message.body, Attempt::Retried).await {
            Ok(outcome) => {
                log(&outcome);
                Ok(())
            }
            // It won't be one the next time either.
            Err(ConsumeError::Unreadable(_)) => self.give_up(message).await,
            Err(error) => {
                let wait = backoff(message.receives);
                tracing::warn!("{}; again in {} s", output::chain(&error), wait.as_secs());
                Err(wait)
            }
        }
    }

    async fn give_up(&self, message: &Received) -> Result<(), Duration> {
        let outcome = self.consumer.consume(&message.body, Attempt::Last).await;
        let id = format!("message-{}", message.id);
        let kept = match dead_letter::after(outcome, &id, &message.body, (self.consumer.clock)()) {
            Ok(None) => return Ok(()),
            Ok(Some(letter)) => {
                tracing::error!(
                    "a firing is a dead letter now, see `treble dead-letters`: {}",
                    letter.reason
                );
                self.dead_letters.add(&letter).await
            }
            Err(error) => Err(error),
        };
        kept.map_err(|error| {
            tracing::error!("a dead letter can't be kept: {}", output::chain(&error));
            backoff(message.receives)
        })
    }
}

fn log(outcome: &Outcome) {
    match outcome {
        Outcome::Fired(firing) => tracing::info!(hook = %firing.hook, task = %firing.task_id, "fired"),
        Outcome::Declined(firing) => tracing::info!(hook = %firing.hook, "there was nothing to fire"),
        Outcome::Failed(firing, error) => {
            tracing::warn!("hook {} failed: {}", firing.hook, output::chain(error));
        }
        Outcome::Postponed(firing, wait) => {
            tracing::info!(hook = %firing.hook, seconds = wait.as_secs(), "a firing was put off");
        }
        Outcome::Dropped(why) => tracing::info!(why, "a firing was dropped"),
    }
}
