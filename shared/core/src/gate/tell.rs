//! Telling integrators after something happened.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::ports::{
    Correlation, CorrelationStore, DeliveryStore, IntegratorClient, IntegratorStore, Wake, WakeQueue,
};
use super::{Delivery, DeliveryId, DeliveryStatus, Event, Integrator, IntegratorName};
use crate::ports::{QueueError, StoreError};

/// For how long a failure to deliver is tried again.
pub const RETRY_FOR: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// The member of a body that ties a `post-` event to its `pre-` event.
const WORK_ID: &str = "work_id";

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
        let integrators = self.integrators.wanting(event).await?;
        if integrators.is_empty() {
            return Ok(Told::default());
        }
        let correlation = match body.get(WORK_ID).and_then(Value::as_str) {
            Some(work_id) if !work_id.is_empty() => self.correlations.get(work_id).await?,
            _ => None,
        };
        // What is told late, as what told it had to wait, is tried for no shorter a time.
        let retry_until = later(created.max((self.clock)()), RETRY_FOR);
        let delivery = |Integrator { name, .. }: &Integrator| Delivery {
            id: DeliveryId::new(created, seed.map_or_else(self.random, |seed| derived(seed, event, name))),
            integrator: name.clone(),
            event,
            body: Value::Object(body_for(name, body, correlation.as_ref())),
            created,
            retry_until,
            status: DeliveryStatus::Waiting,
            attempts: 0,
            last_error: None,
        };
        let deliveries: Vec<Delivery> = integrators.iter().map(delivery).collect();
        // Kept first: whoever looks at a lane finds them.
        self.deliveries.add(&deliveries).await?;
        let now =
            |delivery: &Delivery| Wake { integrator: delivery.integrator.clone(), delay: Duration::ZERO };
        let wakes: Vec<Wake> = deliveries.iter().map(now).collect();
        self.wakes.send(&wakes).await.into_iter().collect::<Result<(), _>>()?;
        Ok(Told { deliveries: deliveries.into_iter().map(|delivery| delivery.id).collect() })
    }
}

/// What an integrator is told: with the `work_id` that it gave itself.
fn body_for(
    integrator: &IntegratorName,
    body: &Map<String, Value>,
    correlation: Option<&Correlation>,
) -> Map<String, Value> {
    let mut body = body.clone();
    let own = correlation.and_then(|correlation| correlation.own.iter().find(|(name, _)| name == integrator));
    if let Some((_, own)) = own {
        body.insert(WORK_ID.to_owned(), own.clone().into());
    }
    body
}

/// What tells deliveries of one moment apart, the same for the same telling.
fn derived(seed: &str, event: Event, integrator: &IntegratorName) -> u64 {
    // Neither the event's nor the integrator's name can hold what is between them.
    let hash = Sha256::digest(format!("{event}\n{integrator}\n{seed}"));
    hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

pub(super) fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
