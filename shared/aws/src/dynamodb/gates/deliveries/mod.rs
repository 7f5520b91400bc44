//! Deliveries: their records, those that wait, and the attempts at them.

mod add;
mod attempted;
mod stored;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{Put, Update};
use jiff::Timestamp;
use treble_core::gate::ports::{DeliveryFilter, DeliveryStore};
use treble_core::gate::{Attempt, Delivery, DeliveryId, DeliveryStatus, IntegratorName};
use treble_core::ports::{Page, PageRequest, StoreError};

use super::names::{STATUS, attempts, deliveries, waiting};
use super::{DynamoGates, is_over};
use crate::dynamodb::item::{Item, incomplete, item, key, text};
use crate::dynamodb::page::Listing;
use crate::dynamodb::schema::PARTITION_KEY;
use crate::dynamodb::transaction::{put, update};

/// How much is read for one page of deliveries of a certain status, in requests of a megabyte: they may be few among many.
const MOST_REQUESTS: usize = 4;

/// After any id.
const LAST: &str = "msg_~";

#[async_trait]
impl DeliveryStore for DynamoGates {
    async fn add(&self, deliveries: &[Delivery]) -> Result<(), StoreError> {
        self.add_all(deliveries).await
    }

    async fn get(
        &self,
        integrator: &IntegratorName,
        id: &DeliveryId,
    ) -> Result<Option<Delivery>, StoreError> {
        let key = key(deliveries(integrator), id.as_str());
        let found = self.item(key, || format!("read delivery {id}")).await?;
        found.as_ref().map(stored::from_item).transpose()
    }

    async fn list(
        &self,
        integrator: &IntegratorName,
        filter: DeliveryFilter,
        page: &PageRequest,
    ) -> Result<Page<Delivery>, StoreError> {
        let mut listing = self.listing(deliveries(integrator));
        // Ids sort by the time of their creation.
        let first = filter.since.map(|since| DeliveryId::new(since, 0).as_str().to_owned());
        listing.range = first.map(|first| first..=LAST.to_owned());
        let most_requests = filter.status.map(|_| MOST_REQUESTS);
        let read = |item: &Item| {
            let delivery = Some(stored::from_item(item)?).filter(|_| !is_over(item));
            Ok(delivery.filter(|delivery| filter.status.is_none_or(|status| status == delivery.status)))
        };
        listing.page_within(most_requests, page, read).await
    }

    async fn attempts(&self, id: &DeliveryId) -> Result<Vec<Attempt>, StoreError> {
        let read = |item: &Item| Ok(Some(stored::attempt(item)?).filter(|_| !is_over(item)));
        Ok(self.listing(attempts(id)).page(&PageRequest::default(), read).await?.items)
    }

    async fn waiting(&self, integrator: &IntegratorName, limit: usize) -> Result<Vec<Delivery>, StoreError> {
        let listing: Listing<'_> = self.listing(waiting(integrator));
        let page = PageRequest { limit: Some(limit), continuation: None };
        Ok(listing.page(&page, |item| stored::from_item(item).map(Some)).await?.items)
    }

    async fn attempted(&self, delivery: &Delivery, attempt: Option<&Attempt>) -> Result<(), StoreError> {
        self.write_attempted(delivery, attempt).await
    }

    async fn revive(&self, delivery: &Delivery, retry_until: Timestamp) -> Result<bool, StoreError> {
        let revived = Delivery {
            status: DeliveryStatus::Waiting,
            retry_until: retry_until.max(delivery.retry_until),
            ..delivery.clone()
        };
        let (expression, mut values) = stored::progress(&revived, None);
        values.insert(":waiting".into(), text(DeliveryStatus::Waiting.as_str()));
        let record = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(deliveries(&delivery.integrator), delivery.id.as_str())))
            .update_expression(expression)
            .condition_expression(format!("attribute_exists({PARTITION_KEY}) AND {STATUS} <> :waiting"))
            .set_expression_attribute_values(Some(values))
            .build()
            .map_err(incomplete)?;
        let mut row = item(waiting(&delivery.integrator), delivery.id.as_str());
        row.extend(stored::attributes(&revived)?);
        let row = Put::builder().table_name(&self.table).set_item(Some(row)).build().map_err(incomplete)?;
        self.transact(vec![update(record), put(row)], || format!("let delivery {} wait again", delivery.id))
            .await
    }
}
