//! Whether an integrator's server answers.

use std::time::Instant;

use http::Method;
use treble_core::gate::DeliveryId;
use treble_core::gate::ports::GateRequest;

use super::super::schemas;
use super::super::wire::ProbeResponse;
use super::integrators::MODIFY;
use super::{INTEGRATORS, administration, existing, name, wake};
use crate::taskcluster::call::{Call, Reply};
use crate::taskcluster::error::{ApiError, Code};
use crate::taskcluster::route::{Handling, Route};
use crate::taskcluster::service::Service;

/// `probeIntegrator`.
pub static PROBE_INTEGRATOR: Route = Route {
    name: "probeIntegrator",
    method: Method::POST,
    path: "/integrators/<integrator>/probe",
    scopes: Some(MODIFY),
    output: Some(&schemas::PROBE_RESPONSE),
    errors: &[Code::ResourceNotFound],
    title: "Probe an integrator",
    description: "Send a signed `POST <url>/probe` with `{}`, and tell what came of it. Where the answer's status is below 500, the \
                  server is there: what waits for it is delivered from now on, whenever the next attempt was to be.",
    handler: probe,
    ..INTEGRATORS
};

fn probe<'a>(service: &'a Service, call: &'a mut Call) -> Handling<'a> {
    Box::pin(async move {
        let gates = administration(service)?;
        let integrator = existing(gates, &name(call)?).await?;
        let id = DeliveryId::new(call.now, getrandom::u64().map_err(ApiError::internal)?);
        let started = Instant::now();
        let request = GateRequest {
            integrator: &integrator,
            path: "probe",
            id: id.as_str(),
            now: call.now,
            body: "{}",
        };
        let answer = gates.client.post(request).await;
        let latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (status, error) = match answer {
            Ok(reply) => (Some(reply.status), None),
            Err(error) => (None, Some(error.reason)),
        };
        let reached = status.is_some_and(|status| status < 500);
        if reached {
            gates.lanes.reset(&integrator.name).await?;
            wake(gates, &integrator.name).await?;
        }
        Reply::json(&ProbeResponse { reached, status, latency_ms, error })
    })
}
