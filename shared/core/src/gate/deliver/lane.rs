//! A lane, while it is worked.

use std::time::Duration;

use jiff::Timestamp;

use super::super::ports::LaneState;
use super::super::retry::pause;
use super::super::tell::{TellError, later};
use super::super::{Delivery, DeliveryStatus, Integrator, IntegratorName, MAX_TIMEOUT};
use super::attempt::Verdict;
use super::{Deliverer, LEASE, LaneOutcome};

/// How many deliveries are read at once.
const PAGE: usize = 25;
/// As much of the lease is left at least when an attempt begins: the longest attempt, and then some.
const LEASE_NEEDED: Duration = MAX_TIMEOUT.saturating_add(Duration::from_secs(15));
/// Why a delivery is dead whose integrator is no more.
const REMOVED: &str = "the integrator was removed";

/// A lane, and who has it.
pub(super) struct Lane<'a> {
    deliverer: &'a Deliverer,
    name: &'a IntegratorName,
    token: String,
    begun: Timestamp,
    until: Timestamp,
    state: LaneState,
    /// How many deliveries were looked at.
    seen: usize,
    outcome: LaneOutcome,
}

/// How it goes on after a delivery.
enum Next {
    /// With the next one.
    On,
    /// Not before then.
    At(Timestamp),
    /// Not here: somebody else has the lane.
    Lost,
}

impl<'a> Lane<'a> {
    pub(super) fn new(
        deliverer: &'a Deliverer,
        name: &'a IntegratorName,
        token: String,
        begun: Timestamp,
        until: Timestamp,
        state: LaneState,
    ) -> Self {
        let outcome = LaneOutcome::default();
        Self { deliverer, name, token, begun, until, state, seen: 0, outcome }
    }

    /// Works until nothing waits, or it can't go on; then leaves.
    pub(super) async fn work(mut self) -> Result<LaneOutcome, TellError> {
        loop {
            let waiting = self.deliverer.deliveries.waiting(self.name, PAGE).await?;
            if waiting.is_empty() {
                if self.leave().await? {
                    return Ok(self.outcome);
                }
                continue;
            }
            // Once more for each page: it may have another URL or other secrets by now.
            let integrator = self.deliverer.integrators.get(self.name).await?;
            for delivery in waiting {
                match self.next(integrator.as_ref(), delivery).await? {
                    Next::On => {}
                    Next::At(at) => return self.go_on_at(at).await,
                    Next::Lost => return Ok(self.outcome),
                }
            }
        }
    }

    /// Deals with the delivery that is the next one.
    async fn next(&mut self, integrator: Option<&Integrator>, delivery: Delivery) -> Result<Next, TellError> {
        let now = (self.deliverer.clock)();
        // However little time there is, something is done in it.
        if self.seen > 0 && now >= later(self.begun, self.deliverer.budget) {
            return Ok(Next::At(now));
        }
        self.seen += 1;
        if !self.keep(now).await? {
            return Ok(Next::Lost);
        }
        match integrator {
            Some(integrator) => self.deliver(integrator, delivery).await,
            None => self.give_up(delivery).await,
        }
    }

    async fn deliver(&mut self, integrator: &Integrator, delivery: Delivery) -> Result<Next, TellError> {
        let (attempt, verdict) = self.deliverer.attempt(integrator, &delivery).await;
        let now = (self.deliverer.clock)();
        let status = match verdict {
            Verdict::Taken => DeliveryStatus::Delivered,
            Verdict::Unwanted(_) => DeliveryStatus::Dead,
            Verdict::Failed { .. } if now >= delivery.retry_until => DeliveryStatus::Dead,
            Verdict::Failed { .. } => DeliveryStatus::Waiting,
        };
        let attempts = delivery.attempts.saturating_add(1);
        let delivery = Delivery { status, attempts, last_error: attempt.error.clone(), ..delivery };
        self.deliverer.deliveries.attempted(&delivery, Some(&attempt)).await?;
        self.count(status);
        match verdict {
            Verdict::Taken | Verdict::Unwanted(_) => self.answers(integrator).await,
            Verdict::Failed { reason, retry_after } => {
                self.fails(integrator, reason, now).await;
                if status == DeliveryStatus::Waiting {
                    let pause = pause(self.state.failures, retry_after, (self.deliverer.random)());
                    return Ok(Next::At(*self.state.next_attempt.insert(later(now, pause))));
                }
            }
        }
        Ok(Next::On)
    }

    /// There is nobody who could take it.
    async fn give_up(&mut self, delivery: Delivery) -> Result<Next, TellError> {
        // Whoever has the name next begins anew.
        self.state = LaneState::default();
        let dead =
            Delivery { status: DeliveryStatus::Dead, last_error: Some(REMOVED.to_owned()), ..delivery };
        self.deliverer.deliveries.attempted(&dead, None).await?;
        self.count(dead.status);
        Ok(Next::On)
    }

    /// The endpoint is there: the breaker closes.
    async fn answers(&mut self, integrator: &Integrator) {
        let told =
            self.state.owner_told && !self.deliverer.tell_recovery(integrator, self.state.down_since).await;
        self.state = LaneState { owner_told: told, ..LaneState::default() };
        self.outcome.failure = None;
    }

    /// The endpoint is not there, or not well. Until it is known when it is tried again, that is at once.
    async fn fails(&mut self, integrator: &Integrator, reason: String, now: Timestamp) {
        self.state.failures = self.state.failures.saturating_add(1);
        self.state.down_since.get_or_insert(now);
        self.state.next_attempt = None;
        self.state.last_error = Some(reason.clone());
        self.outcome.failure = Some(reason);
        if !self.state.owner_told {
            self.state.owner_told = self.deliverer.tell_failure(integrator, &self.state).await;
        }
    }

    fn count(&mut self, status: DeliveryStatus) {
        match status {
            DeliveryStatus::Delivered => self.outcome.delivered += 1,
            DeliveryStatus::Dead => self.outcome.dead += 1,
            DeliveryStatus::Waiting => {}
        }
    }

    /// Makes sure that the lane is ours for another attempt. False where it is somebody else's by now.
    async fn keep(&mut self, now: Timestamp) -> Result<bool, TellError> {
        if later(now, LEASE_NEEDED) <= self.until {
            return Ok(true);
        }
        self.until = later(now, LEASE);
        Ok(self.deliverer.lanes.keep(self.name, &self.token, self.until).await?)
    }

    async fn leave(&self) -> Result<bool, TellError> {
        Ok(self.deliverer.lanes.leave(self.name, &self.token, &self.state).await?)
    }

    /// Leaves what waits for later. Whoever came meanwhile wanted it looked at: it will be.
    async fn go_on_at(mut self, at: Timestamp) -> Result<LaneOutcome, TellError> {
        while !self.leave().await? {}
        self.deliverer.wake_at(self.name, at).await?;
        self.outcome.again = Some(at);
        Ok(self.outcome)
    }
}
