//! Who the integrators are.

use std::time::Duration;

use futures_util::future::try_join_all;
use http::Method;
use jiff::Timestamp;
use serde::Deserialize as _;
use treble_core::gate::ports::LaneState;
use treble_core::gate::{
    Integrator, IntegratorName, InvalidIntegrator, MAX_TIMEOUT, SigningSecret, check_url,
};
use treble_core::ports::PageRequest;
use treble_core::scope::ScopeTemplate;

use super::super::wire::{IntegratorDefinition, IntegratorList, SetIntegratorRequest};
use super::super::{Administration, schemas, secret};
use super::{ATTEMPTS, INTEGRATORS, administration, contended, existing, name, wake};
use crate::taskcluster::call::{Call, Reply};
use crate::taskcluster::error::{ApiError, Code};
use crate::taskcluster::query::PAGING;
use crate::taskcluster::route::{Handling, Route};
use crate::taskcluster::service::Service;

/// The most integrators that one reply lists.
const MAX_INTEGRATORS: usize = 100;

const PATH: &str = "/integrators/<integrator>";
/// What changing an integrator needs.
pub(super) const MODIFY: ScopeTemplate = ScopeTemplate::Scope("gates:modify-integrator:<integrator>");

/// `listIntegrators`.
pub static LIST_INTEGRATORS: Route = Route {
    name: "listIntegrators",
    path: "/integrators",
    scopes: Some(ScopeTemplate::Scope("gates:list-integrators")),
    query: PAGING,
    output: Some(&schemas::LIST_INTEGRATORS_RESPONSE),
    errors: &[Code::InputError],
    title: "List integrators",
    description: "Return the integrators in the order of their names, with how delivering to each of them goes: 100 at the \
                  most, or `limit`.",
    handler: list_integrators,
    ..INTEGRATORS
};

fn list_integrators<'a>(service: &'a Service, call: &'a mut Call) -> Handling<'a> {
    Box::pin(async move {
        let gates = administration(service)?;
        let asked = call.page();
        let limit = Some(asked.limit.unwrap_or(MAX_INTEGRATORS).min(MAX_INTEGRATORS));
        let page = gates.integrators.list(&PageRequest { limit, ..asked }).await?;
        let lanes =
            try_join_all(page.items.iter().map(|integrator| gates.lanes.get(&integrator.name))).await?;
        let shown = page.items.iter().zip(lanes);
        Reply::json(&IntegratorList {
            integrators: shown
                .map(|(integrator, lane)| IntegratorDefinition::new(integrator, lane, call.now, None))
                .collect(),
            continuation_token: page.continuation,
        })
    })
}

/// `getIntegrator`.
pub static GET_INTEGRATOR: Route = Route {
    name: "getIntegrator",
    path: PATH,
    scopes: Some(ScopeTemplate::Scope("gates:read-integrator:<integrator>")),
    output: Some(&schemas::INTEGRATOR),
    errors: &[Code::ResourceNotFound],
    title: "Get an integrator",
    description: "Return the integrator, with how delivering to it goes. Its secrets are not shown, only since when there \
                  are which.",
    handler: get_integrator,
    ..INTEGRATORS
};

fn get_integrator<'a>(service: &'a Service, call: &'a mut Call) -> Handling<'a> {
    Box::pin(async move {
        let gates = administration(service)?;
        let integrator = existing(gates, &name(call)?).await?;
        let lane = gates.lanes.get(&integrator.name).await?;
        Reply::json(&IntegratorDefinition::new(&integrator, lane, call.now, None))
    })
}

/// `setIntegrator`.
pub static SET_INTEGRATOR: Route = Route {
    name: "setIntegrator",
    method: Method::PUT,
    path: PATH,
    scopes: Some(MODIFY),
    input: Some(&schemas::SET_INTEGRATOR_REQUEST),
    output: Some(&schemas::INTEGRATOR),
    errors: &[Code::InputError, Code::RequestConflict],
    title: "Create or replace an integrator",
    description: "Say who is asked and told, and how. What is left out becomes the default, but for the secrets: a new integrator gets \
                  one, which the reply shows this once, and one that is there already keeps its own. Where its server failed, \
                  it is tried again at once. Where it may be is up to the deployment: mostly at public addresses alone.",
    handler: set_integrator,
    ..INTEGRATORS
};

fn set_integrator<'a>(service: &'a Service, call: &'a mut Call) -> Handling<'a> {
    Box::pin(async move {
        let gates = administration(service)?;
        let name = name(call)?;
        let asked = SetIntegratorRequest::deserialize(&call.payload).map_err(ApiError::internal)?;
        for _ in 0..ATTEMPTS {
            let old = gates.integrators.get(&name).await?;
            let (new, made) = integrator(&name, &asked, old.as_ref(), call.now)?;
            check(&new, gates).map_err(|error| ApiError::input(error.to_string()))?;
            if gates.integrators.put(old.as_ref(), &new).await? {
                let lane = tried_at_once(gates, &name).await?;
                return Reply::json(&IntegratorDefinition::new(&new, lane, call.now, made.as_ref()));
            }
        }
        Err(contended())
    })
}

/// What is to be saved in the place of `old`, and the secret that it gets where there is none yet.
fn integrator(
    name: &IntegratorName,
    asked: &SetIntegratorRequest,
    old: Option<&Integrator>,
    now: Timestamp,
) -> Result<(Integrator, Option<SigningSecret>), ApiError> {
    let made = match old {
        None => Some(secret::fresh(now).map_err(ApiError::internal)?),
        Some(_) => None,
    };
    let kept = old.map(|old| old.secrets.clone()).unwrap_or_default();
    let integrator = Integrator {
        name: name.clone(),
        url: asked.url.trim_end_matches('/').to_owned(),
        events: asked.events.clone(),
        timeout: Duration::from_millis(asked.timeout_ms),
        failure_policy: asked.failure_policy,
        owner: asked.owner.clone(),
        secrets: made.iter().cloned().chain(kept).collect(),
        created: old.map_or(now, |old| old.created),
        updated: now,
    };
    Ok((integrator, made))
}

/// The schema has seen to most of it; names are looked at again when they are resolved.
fn check(integrator: &Integrator, gates: &Administration) -> Result<(), InvalidIntegrator> {
    if integrator.events.is_empty() {
        return Err(InvalidIntegrator::NoEvents);
    }
    if integrator.timeout.is_zero() || integrator.timeout > MAX_TIMEOUT {
        return Err(InvalidIntegrator::Timeout(integrator.timeout));
    }
    Ok(check_url(&integrator.url, gates.addresses)?)
}

/// How a lane is; where its endpoint failed, that is forgotten, and what waits is tried.
async fn tried_at_once(gates: &Administration, name: &IntegratorName) -> Result<LaneState, ApiError> {
    let lane = gates.lanes.get(name).await?;
    if lane.failures == 0 {
        return Ok(lane);
    }
    gates.lanes.reset(name).await?;
    wake(gates, name).await?;
    Ok(gates.lanes.get(name).await?)
}

/// `removeIntegrator`.
pub static REMOVE_INTEGRATOR: Route = Route {
    name: "removeIntegrator",
    method: Method::DELETE,
    path: PATH,
    scopes: Some(MODIFY),
    errors: &[Code::RequestConflict],
    title: "Delete an integrator",
    description: "Remove an integrator with its secrets. What waits to be delivered to it is given up. Removing one that isn't there \
                  is no error.",
    handler: remove_integrator,
    ..INTEGRATORS
};

fn remove_integrator<'a>(service: &'a Service, call: &'a mut Call) -> Handling<'a> {
    Box::pin(async move {
        let gates = administration(service)?;
        let name = name(call)?;
        for _ in 0..ATTEMPTS {
            let removed = match gates.integrators.get(&name).await? {
                Some(old) => gates.integrators.delete(&old).await?,
                None => true,
            };
            if removed {
                // Whoever looks at its lane now gives up what is there. It is also said when there is none any more: the one who
                // removed it may not have come as far as this.
                gates.lanes.reset(&name).await?;
                wake(gates, &name).await?;
                return Ok(Reply::empty());
            }
        }
        Err(contended())
    })
}
