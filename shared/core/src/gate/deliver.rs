//! Working lanes off: what is made of a message of the queue of lanes.
//!
//! A message says no more than whose lane is to be looked at. Whoever looks has the lane for themselves, for as long as a lease that
//! they keep. How the lane is, is written before the next message is sent, and that before this one is acknowledged: whoever is
//! killed in between is followed by the message, or by the lane's entry in the index of what is due.
//!
//! The endpoint's breaker is the lane: while it fails, only the first that waits is tried, each time later. Once that is taken, the
//! others follow at once.

mod attempt;
mod lane;
mod owner;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::IntegratorName;
use super::ports::{
    DeliveryStore, IntegratorClient, IntegratorStore, LaneStore, LaterWakes, Taken, Wake, WakeQueue,
};
use super::tell::{TellError, later};
use super::wake::delay;
use crate::ports::{MAX_DELAY, Mailer};
use lane::Lane;

/// How long whoever works a lane has it for themselves, unless they keep it for longer. As long it takes at most until the work of
/// who was killed is taken up.
const LEASE: Duration = Duration::from_secs(60);

/// What works lanes off.
#[derive(Clone)]
pub struct Deliverer {
    /// Where integrators are kept.
    pub integrators: Arc<dyn IntegratorStore>,
    /// Where deliveries are kept.
    pub deliveries: Arc<dyn DeliveryStore>,
    /// How lanes are.
    pub lanes: Arc<dyn LaneStore>,
    /// The queue that lanes wait in.
    pub wakes: Arc<dyn WakeQueue>,
    /// Where they wait for longer than a queue can.
    pub later: Arc<dyn LaterWakes>,
    /// What calls integrators.
    pub client: Arc<dyn IntegratorClient>,
    /// What tells their owners.
    pub mailer: Arc<dyn Mailer>,
    /// How long one message may be worked at: then the lane is sent to the queue again.
    pub budget: Duration,
    /// The clock.
    pub clock: fn() -> Timestamp,
    /// A random number.
    pub random: fn() -> u64,
}

/// What came of a look at a lane.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LaneOutcome {
    /// How many deliveries the integrator took.
    pub delivered: usize,
    /// How many were given up.
    pub dead: usize,
    /// When it will be looked at again, where something waits.
    pub again: Option<Timestamp>,
    /// Why the endpoint is to be tried again.
    pub failure: Option<String>,
}

impl Deliverer {
    /// Works off an integrator's lane, one delivery after the other, until nothing waits, its endpoint fails or the time is over.
    ///
    /// # Errors
    /// When a store or the queue did not answer: the message is to come again then.
    pub async fn work(&self, integrator: &IntegratorName) -> Result<LaneOutcome, TellError> {
        let now = (self.clock)();
        let token = format!("{:016x}{:016x}", (self.random)(), (self.random)());
        let until = later(now, LEASE);
        let again = match self.lanes.take(integrator, &token, now, until).await? {
            Taken::Yes(state) => return Lane::new(self, integrator, token, now, until, state).work().await,
            // Who has it heeds that we came, unless they were killed: then their lease ends without them.
            Taken::Busy => until,
            Taken::NotBefore(at) => at,
        };
        // In the index, for there it is one entry, however many messages come too early.
        self.later.wake_at(integrator, again).await?;
        Ok(LaneOutcome { again: Some(again), ..LaneOutcome::default() })
    }

    /// Has a lane looked at again: by the queue, if that can wait for so long.
    async fn wake_at(&self, integrator: &IntegratorName, at: Timestamp) -> Result<(), TellError> {
        let wait = at.duration_since((self.clock)());
        if Duration::try_from(wait).is_ok_and(|wait| wait > MAX_DELAY) {
            return Ok(self.later.wake_at(integrator, at).await?);
        }
        let wake = Wake { integrator: integrator.clone(), delay: delay(wait) };
        let sent = self.wakes.send(&[wake]).await;
        Ok(sent.into_iter().collect::<Result<(), _>>()?)
    }
}
