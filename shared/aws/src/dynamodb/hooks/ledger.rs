//! What the bridge made of the bindings at the broker.

use async_trait::async_trait;
use treble_core::hook::Binding;
use treble_core::ports::{BindingLedger, BindingProblem, MadeBinding, PageRequest, StoreError};

use super::DynamoHooks;
use super::bound::PATTERN;
use super::keys::{AMQP, made_key};
use crate::dynamodb::item::{
    Item, check_format, instant, number, read_instant, read_text, text, unavailable,
};
use crate::dynamodb::schema::{FORMAT, FORMAT_VERSION};

const EXCHANGE: &str = "exchange";
/// Why a binding could not be made; absent when it could.
const PROBLEM: &str = "problem";
/// Since when it could not.
const SINCE: &str = "since";

#[async_trait]
impl BindingLedger for DynamoHooks {
    async fn made(&self) -> Result<Vec<MadeBinding>, StoreError> {
        let listing = self.listing(AMQP.into());
        Ok(listing.page(&PageRequest::default(), |item| made(item).map(Some)).await?.items)
    }

    async fn find(&self, binding: &Binding) -> Result<Option<MadeBinding>, StoreError> {
        let reply = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(made_key(binding)))
            .send()
            .await
            .map_err(|error| unavailable("read what the bridge made of a binding", error))?;
        reply.item.as_ref().map(made).transpose()
    }

    async fn note(&self, made: &MadeBinding) -> Result<(), StoreError> {
        let item = to_item(made);
        let write = self.client.put_item().table_name(&self.table).set_item(Some(item)).send();
        write.await.map(drop).map_err(|error| unavailable("note what the bridge made of a binding", error))
    }

    async fn forget(&self, binding: &Binding) -> Result<(), StoreError> {
        let write = self.client.delete_item().table_name(&self.table).set_key(Some(made_key(binding))).send();
        write.await.map(drop).map_err(|error| unavailable("forget a binding at the broker", error))
    }
}

pub(super) fn to_item(made: &MadeBinding) -> Item {
    let mut item = made_key(&made.binding);
    item.insert(FORMAT.into(), number(FORMAT_VERSION));
    item.insert(EXCHANGE.into(), text(&made.binding.exchange));
    item.insert(PATTERN.into(), text(&made.binding.routing_key_pattern));
    if let Some(BindingProblem { problem, since }) = &made.problem {
        item.insert(PROBLEM.into(), text(problem));
        item.insert(SINCE.into(), instant(*since));
    }
    item
}

fn made(item: &Item) -> Result<MadeBinding, StoreError> {
    check_format(item)?;
    let binding = Binding {
        exchange: read_text(item, EXCHANGE)?.to_owned(),
        routing_key_pattern: read_text(item, PATTERN)?.to_owned(),
    };
    let problem = if item.contains_key(PROBLEM) {
        let problem = read_text(item, PROBLEM)?.to_owned();
        Some(BindingProblem { problem, since: read_instant(item, SINCE)? })
    } else {
        None
    };
    Ok(MadeBinding { binding, problem })
}
