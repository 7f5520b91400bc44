//! Deliveries that are over are sent again.

use futures_util::future::try_join_all;
use http::Method;
use jiff::Timestamp;
use serde::Deserialize as _;
use treble_core::gate::ports::DeliveryFilter;
use treble_core::gate::{Delivery, DeliveryStatus, RETRY_FOR};
use treble_core::ports::PageRequest;
use treble_core::scope::ScopeTemplate;

use super::super::wire::{DeliverySummary, RecoverRequest, RecoverResponse};
use super::super::{Administration, schemas};
use super::{DELIVERIES, administration, delivery_id, existing, name, wake};
use crate::taskcluster::call::{Call, Reply};
use crate::taskcluster::error::{ApiError, Code};
use crate::taskcluster::route::{Handling, Route};
use crate::taskcluster::service::Service;

/// How many deliveries one call looks at: each is a write, and all are done well within the time of an answer.
const AT_ONCE: usize = 200;
/// How many of them are written at the same time.
const TOGETHER: usize = 20;

const RESEND: ScopeTemplate = ScopeTemplate::Scope("gates:resend-deliveries:<integrator>");

/// `resendDelivery`.
pub static RESEND_DELIVERY: Route = Route {
    name: "resendDelivery",
    method: Method::POST,
    path: "/integrators/<integrator>/deliveries/<deliveryId>/resend",
    scopes: Some(RESEND),
    output: Some(&schemas::DELIVERY),
    errors: &[Code::ResourceNotFound],
    title: "Resend a delivery",
    description: "Send a delivery again that is dead, or was taken, under its old `webhook-id`: it waits in its old place among the others, \
                  and is tried for two days. One that waits already goes on to.",
    handler: resend_delivery,
    ..DELIVERIES
};

fn resend_delivery<'a>(service: &'a Service, call: &'a mut Call) -> Handling<'a> {
    Box::pin(async move {
        let gates = administration(service)?;
        let (name, id) = (name(call)?, delivery_id(call)?);
        existing(gates, &name).await?;
        let none = || ApiError::not_found(format!("{name} has no delivery {id}"));
        let delivery = gates.deliveries.get(&name, &id).await?.ok_or_else(none)?;
        revive(gates, &delivery, call.now).await?;
        // One that waits already may wait for nobody, if who sent it again didn't come as far as this.
        wake(gates, &name).await?;
        let delivery = gates.deliveries.get(&name, &id).await?.ok_or_else(none)?;
        Reply::json(&DeliverySummary::from(&delivery))
    })
}

/// `recoverDeliveries`.
pub static RECOVER_DELIVERIES: Route = Route {
    name: "recoverDeliveries",
    method: Method::POST,
    path: "/integrators/<integrator>/deliveries/recover",
    scopes: Some(RESEND),
    input: Some(&schemas::RECOVER_REQUEST),
    output: Some(&schemas::RECOVER_RESPONSE),
    errors: &[Code::InputError, Code::ResourceNotFound],
    title: "Resend all dead deliveries",
    description: "Send all of an integrator's dead deliveries again that were created since a moment, each in its old place. Where there \
                  are many, the reply has a `continuationToken`, by which to go on until one has none.",
    handler: recover_deliveries,
    ..DELIVERIES
};

fn recover_deliveries<'a>(service: &'a Service, call: &'a mut Call) -> Handling<'a> {
    Box::pin(async move {
        let gates = administration(service)?;
        let name = name(call)?;
        let asked = RecoverRequest::deserialize(&call.payload).map_err(|error| {
            ApiError::input(format!("since is no moment that can be understood: {error}"))
        })?;
        existing(gates, &name).await?;
        let dead = DeliveryFilter { status: Some(DeliveryStatus::Dead), since: Some(asked.since) };
        let page = PageRequest { limit: Some(AT_ONCE), continuation: asked.continuation_token };
        let page = gates.deliveries.list(&name, dead, &page).await?;
        let mut recovered = 0;
        for deliveries in page.items.chunks(TOGETHER) {
            let revived = deliveries.iter().map(|delivery| revive(gates, delivery, call.now));
            recovered += try_join_all(revived).await?.into_iter().filter(|revived| *revived).count();
        }
        // Whoever was here before and found no queue may have left some that wait for nobody.
        wake(gates, &name).await?;
        Reply::json(&RecoverResponse { recovered, continuation_token: page.continuation })
    })
}

/// Makes a delivery wait again; false where it does already.
async fn revive(gates: &Administration, delivery: &Delivery, now: Timestamp) -> Result<bool, ApiError> {
    let until = now.saturating_add(RETRY_FOR).unwrap_or(Timestamp::MAX);
    Ok(gates.deliveries.revive(delivery, until).await?)
}
