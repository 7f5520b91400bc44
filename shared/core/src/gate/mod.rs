//! Gates: third parties that are asked before something happens, and told after it did.
//!
//! - An [`Integrator`] is a third party: an HTTP server, what of it is asked and told, and how.
//! - An [`Event`] is what they are asked (`pre-`) or told (`post-`): the eight calls of CCX, and the same for hooks of our own.
//! - [`Gates`] asks and tells: what an API and the firing of hooks call.
//! - A [`Delivery`] is one `post-` event on its way to one integrator. Those of one integrator are a lane: one after the other,
//!   in the order of their creation. [`Deliverer`] works lanes off.
//! - [`ports`] is what that needs from outside.

mod address;
mod ask;
mod deliver;
mod delivery;
mod event;
mod integrator;
pub mod ports;
mod reply;
mod retry;
mod tell;
mod wake;

pub use address::{AddressError, AddressRules, check_url};
pub(crate) use ask::refusal_text;
pub use ask::{AskError, Asked, Refusal};
pub use deliver::{Deliverer, LaneOutcome};
pub use delivery::{Attempt, Delivery, DeliveryId, DeliveryStatus, InvalidDeliveryId};
pub use event::{Event, Phase, UnknownEvent};
pub use integrator::{
    DEFAULT_TIMEOUT, FailurePolicy, Integrator, IntegratorName, InvalidIntegrator, InvalidIntegratorName,
    MAX_TIMEOUT, SigningSecret,
};
pub use reply::{Approval, ReplyError};
pub use tell::{Gates, RETRY_FOR, TellError, Told};
pub use wake::wake_due;

#[cfg(test)]
pub(crate) mod tests;
