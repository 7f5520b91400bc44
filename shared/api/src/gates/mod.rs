//! Integrators, and what is delivered to them, for whoever administers them: `/api/gates/v1`.

use std::sync::Arc;

use treble_core::gate::AddressRules;
use treble_core::gate::ports::{DeliveryStore, IntegratorClient, IntegratorStore, LaneStore, WakeQueue};

/// What the handlers of these routes work with.
#[derive(Clone)]
pub struct Administration {
    /// Where integrators are kept.
    pub integrators: Arc<dyn IntegratorStore>,
    /// Where deliveries are kept.
    pub deliveries: Arc<dyn DeliveryStore>,
    /// How their lanes are.
    pub lanes: Arc<dyn LaneStore>,
    /// The queue that lanes wait in.
    pub wakes: Arc<dyn WakeQueue>,
    /// What calls integrators.
    pub client: Arc<dyn IntegratorClient>,
    /// Where integrators may be.
    pub addresses: AddressRules,
}
