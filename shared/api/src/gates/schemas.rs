//! The schemas of requests and replies, generated from their [types](super::wire).

use super::wire;
use crate::taskcluster::schemas::{Schema, schema_of};

const SERVICE: &str = "gates";

/// The body of setIntegrator.
pub static SET_INTEGRATOR_REQUEST: Schema =
    Schema::taken("set-integrator-request", schema_of::<wire::SetIntegratorRequest>).of(SERVICE);
/// An integrator.
pub static INTEGRATOR: Schema =
    Schema::given("integrator", schema_of::<wire::IntegratorDefinition>).of(SERVICE);
/// The reply of listIntegrators.
pub static LIST_INTEGRATORS_RESPONSE: Schema =
    Schema::given("list-integrators-response", schema_of::<wire::IntegratorList>).of(SERVICE);
/// The body of rotateIntegratorSecret.
pub static ROTATE_SECRET_REQUEST: Schema =
    Schema::taken("rotate-secret-request", schema_of::<wire::RotateSecretRequest>).of(SERVICE);
/// The reply of probeIntegrator.
pub static PROBE_RESPONSE: Schema =
    Schema::given("probe-response", schema_of::<wire::ProbeResponse>).of(SERVICE);
/// The reply of listDeliveries.
pub static LIST_DELIVERIES_RESPONSE: Schema =
    Schema::given("list-deliveries-response", schema_of::<wire::DeliveryList>).of(SERVICE);
/// The reply of getDelivery.
pub static DELIVERY_DETAILS: Schema =
    Schema::given("delivery-details", schema_of::<wire::DeliveryDetails>).of(SERVICE);
/// The reply of resendDelivery.
pub static DELIVERY: Schema = Schema::given("delivery", schema_of::<wire::DeliverySummary>).of(SERVICE);
/// The body of recoverDeliveries.
pub static RECOVER_REQUEST: Schema =
    Schema::taken("recover-deliveries-request", schema_of::<wire::RecoverRequest>).of(SERVICE);
/// Its reply.
pub static RECOVER_RESPONSE: Schema =
    Schema::given("recover-deliveries-response", schema_of::<wire::RecoverResponse>).of(SERVICE);

/// All of them.
pub static SCHEMAS: &[&Schema] = &[
    &SET_INTEGRATOR_REQUEST,
    &INTEGRATOR,
    &LIST_INTEGRATORS_RESPONSE,
    &ROTATE_SECRET_REQUEST,
    &PROBE_RESPONSE,
    &LIST_DELIVERIES_RESPONSE,
    &DELIVERY_DETAILS,
    &DELIVERY,
    &RECOVER_REQUEST,
    &RECOVER_RESPONSE,
];
