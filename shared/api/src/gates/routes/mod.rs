//! The methods, one file for each matter.

mod deliveries;
mod integrators;
mod probe;
mod resend;
mod secrets;

use std::time::Duration;

use treble_core::gate::ports::Wake;
use treble_core::gate::{DeliveryId, Integrator, IntegratorName};

use super::Administration;
use crate::taskcluster::call::Call;
use crate::taskcluster::error::{ApiError, Code};
use crate::taskcluster::route::Route;
use crate::taskcluster::service::Service;

pub use deliveries::{GET_DELIVERY, LIST_DELIVERIES};
pub use integrators::{GET_INTEGRATOR, LIST_INTEGRATORS, REMOVE_INTEGRATOR, SET_INTEGRATOR};
pub use probe::PROBE_INTEGRATOR;
pub use resend::{RECOVER_DELIVERIES, RESEND_DELIVERY};
pub use secrets::ROTATE_INTEGRATOR_SECRET;

/// Every method, in the order of the reference.
pub static ROUTES: &[&Route] = &[
    &LIST_INTEGRATORS,
    &GET_INTEGRATOR,
    &SET_INTEGRATOR,
    &REMOVE_INTEGRATOR,
    &ROTATE_INTEGRATOR_SECRET,
    &PROBE_INTEGRATOR,
    &LIST_DELIVERIES,
    &GET_DELIVERY,
    &RESEND_DELIVERY,
    &RECOVER_DELIVERIES,
];

/// What these routes have in common.
const INTEGRATORS: Route = Route { mount: super::MOUNT, category: "Integrators", ..Route::DEFAULT };
const DELIVERIES: Route = Route { category: "Deliveries", ..INTEGRATORS };

/// How often a change is tried when others come between.
const ATTEMPTS: usize = 32;

/// What the handlers work with.
fn administration(service: &Service) -> Result<&Administration, ApiError> {
    service.gates.as_ref().ok_or_else(|| {
        ApiError::not_found(
            "There are no gates here: this process was started without the table that they are in",
        )
    })
}

/// The integrator that the URL names.
fn name(call: &Call) -> Result<IntegratorName, ApiError> {
    call.parameter("integrator").parse().map_err(invalid)
}

/// The delivery that the URL names.
fn delivery_id(call: &Call) -> Result<DeliveryId, ApiError> {
    call.parameter("deliveryId").parse().map_err(invalid)
}

fn invalid(error: impl std::error::Error) -> ApiError {
    ApiError::new(Code::InvalidRequestArguments, error.to_string())
}

/// The integrator of that name, or a 404 that says so.
async fn existing(gates: &Administration, name: &IntegratorName) -> Result<Integrator, ApiError> {
    gates.integrators.get(name).await?.ok_or_else(|| no_integrator(name))
}

fn no_integrator(name: &IntegratorName) -> ApiError {
    ApiError::not_found(format!("There is no integrator {name}"))
}

/// Has an integrator's lane looked at.
async fn wake(gates: &Administration, integrator: &IntegratorName) -> Result<(), ApiError> {
    let wake = Wake { integrator: integrator.clone(), delay: Duration::ZERO };
    gates.wakes.send(&[wake]).await.into_iter().collect::<Result<(), _>>()?;
    Ok(())
}

/// Others changed the integrator between each of our readings and writings.
fn contended() -> ApiError {
    ApiError::new(
        Code::RequestConflict,
        "The integrator is being changed by others at the same time: try again",
    )
}
