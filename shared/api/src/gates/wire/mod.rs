//! The shapes of the routes' bodies, from which the published schemas are generated.

mod deliveries;
mod integrators;

use std::time::Duration;

use schemars::{Schema, SchemaGenerator, json_schema};
use treble_core::gate::Event;

pub use deliveries::{
    DeliveryAttempt, DeliveryDetails, DeliveryList, DeliverySummary, RecoverRequest, RecoverResponse,
};
pub use integrators::{
    IntegratorDefinition, IntegratorList, Lane, ProbeResponse, RotateSecretRequest, Secret,
    SetIntegratorRequest,
};

fn event(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": Event::ALL.map(Event::as_str)})
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
