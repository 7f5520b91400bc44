//! Integrators, and what is delivered to them, for whoever administers them: `/api/gates/v1`, methods like those of
//! [hooks](crate::taskcluster), by the same checks.
//!
//! - [`ROUTES`] is the table, [`routes`] its handlers.
//! - [`wire`] are the shapes of bodies, [`SCHEMAS`] their schemas.
//! - `secret` makes the secrets that requests to integrators are signed with.

pub mod routes;
pub mod schemas;
pub mod secret;
#[cfg(test)]
pub(crate) mod tests;
pub mod wire;

use std::sync::Arc;

use treble_core::gate::AddressRules;
use treble_core::gate::ports::{DeliveryStore, IntegratorClient, IntegratorStore, LaneStore, WakeQueue};

pub use routes::ROUTES;
pub use schemas::SCHEMAS;

/// Where these routes are mounted.
pub const MOUNT: &str = "/api/gates/v1";

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
