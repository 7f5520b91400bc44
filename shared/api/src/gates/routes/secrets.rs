//! Secrets are replaced one by one.

use http::Method;
use jiff::SignedDuration;
use serde::Deserialize as _;
use treble_core::gate::Integrator;

use super::super::wire::{IntegratorDefinition, RotateSecretRequest};
use super::super::{schemas, secret};
use super::integrators::MODIFY;
use super::{ATTEMPTS, INTEGRATORS, administration, contended, existing, name};
use crate::taskcluster::call::{Call, Reply};
use crate::taskcluster::error::{ApiError, Code};
use crate::taskcluster::route::{Handling, Route};
use crate::taskcluster::service::Service;

/// `rotateIntegratorSecret`.
pub static ROTATE_INTEGRATOR_SECRET: Route = Route {
    name: "rotateIntegratorSecret",
    method: Method::POST,
    path: "/integrators/<integrator>/rotate-secret",
    scopes: Some(MODIFY),
    input: Some(&schemas::ROTATE_SECRET_REQUEST),
    output: Some(&schemas::INTEGRATOR),
    errors: &[Code::ResourceNotFound, Code::RequestConflict],
    title: "Rotate an integrator's secret",
    description: "Give the integrator a new secret, which the reply shows this once. Those that it has sign as well for \
                  `graceSeconds`, a day unless it is said: requests have a signature of each until then.",
    handler: rotate_secret,
    ..INTEGRATORS
};

fn rotate_secret<'a>(service: &'a Service, call: &'a mut Call) -> Handling<'a> {
    Box::pin(async move {
        let gates = administration(service)?;
        let name = name(call)?;
        let asked = RotateSecretRequest::deserialize(&call.payload).map_err(ApiError::internal)?;
        let grace = SignedDuration::from_secs(i64::try_from(asked.grace_seconds).unwrap_or(i64::MAX));
        let made = secret::fresh(call.now).map_err(ApiError::internal)?;
        for _ in 0..ATTEMPTS {
            let old = existing(gates, &name).await?;
            let kept = secret::replaced(&old.secrets, call.now, grace);
            let secrets = std::iter::once(made.clone()).chain(kept).collect();
            let new = Integrator { secrets, updated: call.now, ..old.clone() };
            if gates.integrators.put(Some(&old), &new).await? {
                let lane = gates.lanes.get(&name).await?;
                return Reply::json(&IntegratorDefinition::new(&new, lane, call.now, Some(&made)));
            }
        }
        Err(contended())
    })
}
