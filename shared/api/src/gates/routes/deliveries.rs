//! What was delivered, and what was not.

use jiff::Timestamp;
use treble_core::gate::DeliveryStatus;
use treble_core::gate::ports::DeliveryFilter;
use treble_core::ports::PageRequest;
use treble_core::scope::ScopeTemplate;

use super::super::schemas;
use super::super::wire::{DeliveryAttempt, DeliveryDetails, DeliveryList, DeliverySummary};
use super::{DELIVERIES, administration, delivery_id, existing, name};
use crate::taskcluster::call::{Call, Reply};
use crate::taskcluster::error::{ApiError, Code};
use crate::taskcluster::query::PAGING;
use crate::taskcluster::route::{Handling, Parameter, Route};
use crate::taskcluster::service::Service;

/// The most deliveries that one reply lists.
const MAX_DELIVERIES: usize = 1000;
/// As many as one lists unless it is said.
const USUAL_DELIVERIES: usize = 100;

const READ: ScopeTemplate = ScopeTemplate::Scope("gates:read-deliveries:<integrator>");

/// What is listed, and which part of it.
const QUERY: &[Parameter] = &[
    Parameter {
        name: "status",
        pattern: "/^(waiting|delivered|dead)$/",
        matches: |value| status(value).is_some(),
    },
    Parameter {
        name: "since",
        pattern: "/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?Z$/",
        matches: |value| value.ends_with('Z') && value.parse::<Timestamp>().is_ok(),
    },
    PAGING[0],
    PAGING[1],
];

fn status(name: &str) -> Option<DeliveryStatus> {
    use DeliveryStatus::{Dead, Delivered, Waiting};
    [Waiting, Delivered, Dead].into_iter().find(|status| status.as_str() == name)
}

/// `listDeliveries`.
pub static LIST_DELIVERIES: Route = Route {
    name: "listDeliveries",
    path: "/integrators/<integrator>/deliveries",
    scopes: Some(READ),
    query: QUERY,
    output: Some(&schemas::LIST_DELIVERIES_RESPONSE),
    errors: &[Code::InputError, Code::ResourceNotFound],
    title: "List deliveries",
    description: "Return an integrator's deliveries of the last 30 days and those that wait, the oldest first, without what they say: 100, \
                  or `limit`, up to 1000. `status` and `since` choose among them; a part may be empty though more follow.",
    handler: list_deliveries,
    ..DELIVERIES
};

fn list_deliveries<'a>(service: &'a Service, call: &'a mut Call) -> Handling<'a> {
    Box::pin(async move {
        let gates = administration(service)?;
        let name = name(call)?;
        let query = |name: &str| call.query.iter().find(|(key, _)| key == name).map(|(_, value)| &**value);
        let filter = DeliveryFilter {
            status: query("status").and_then(status),
            since: query("since").and_then(|since| since.parse().ok()),
        };
        let asked = call.page();
        let limit = Some(asked.limit.unwrap_or(USUAL_DELIVERIES).min(MAX_DELIVERIES));
        let page = gates.deliveries.list(&name, filter, &PageRequest { limit, ..asked }).await?;
        // Deliveries outlive their integrator. Where there are neither, the name may be mistyped.
        if page.items.is_empty() && page.continuation.is_none() {
            existing(gates, &name).await?;
        }
        Reply::json(&DeliveryList {
            deliveries: page.items.iter().map(DeliverySummary::from).collect(),
            continuation_token: page.continuation,
        })
    })
}

/// `getDelivery`.
pub static GET_DELIVERY: Route = Route {
    name: "getDelivery",
    path: "/integrators/<integrator>/deliveries/<deliveryId>",
    scopes: Some(READ),
    output: Some(&schemas::DELIVERY_DETAILS),
    errors: &[Code::ResourceNotFound],
    title: "Get a delivery",
    description: "Return a delivery with what it says and each attempt: when, how long it took, and what was answered.",
    handler: get_delivery,
    ..DELIVERIES
};

fn get_delivery<'a>(service: &'a Service, call: &'a mut Call) -> Handling<'a> {
    Box::pin(async move {
        let gates = administration(service)?;
        let (name, id) = (name(call)?, delivery_id(call)?);
        let delivery = gates.deliveries.get(&name, &id).await?;
        let delivery = delivery.ok_or_else(|| ApiError::not_found(format!("{name} has no delivery {id}")))?;
        let attempts = gates.deliveries.attempts(&id).await?;
        Reply::json(&DeliveryDetails {
            summary: DeliverySummary::from(&delivery),
            body: delivery.body,
            attempts: attempts.into_iter().map(DeliveryAttempt::from).collect(),
        })
    })
}
