//! Which `pre-` event a `post-` event belongs to.

use async_trait::async_trait;
use treble_core::gate::IntegratorName;
use treble_core::gate::ports::{Correlation, CorrelationStore};
use treble_core::ports::StoreError;

use super::names::{CORRELATION, CREATED, EVENT, OWN, WORK_ID, correlation};
use super::{DynamoGates, expires, json, read_json};
use crate::dynamodb::item::{
    Item, check_format, corrupt, instant, item, key, read_instant, read_text, text, unavailable,
};
use crate::dynamodb::schema::TIME_TO_LIVE;

#[async_trait]
impl CorrelationStore for DynamoGates {
    async fn put(&self, kept: &Correlation) -> Result<(), StoreError> {
        let own = json(&kept.own, || "what integrators know a work_id by".to_owned())?;
        let mut item = item(correlation(&kept.work_id), CORRELATION);
        item.extend([
            (WORK_ID.to_owned(), text(&kept.work_id)),
            (EVENT.to_owned(), text(kept.event.as_str())),
            (CREATED.to_owned(), instant(kept.created)),
            (OWN.to_owned(), text(own)),
            (TIME_TO_LIVE.to_owned(), expires(kept.created)),
        ]);
        let write = self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await;
        write.map(drop).map_err(|error| unavailable("keep which work_id belongs to an event", error))
    }

    async fn get(&self, work_id: &str) -> Result<Option<Correlation>, StoreError> {
        let key = key(correlation(work_id), CORRELATION);
        let found = self.item(key, || "read which event a work_id belongs to".to_owned()).await?;
        found.as_ref().map(from_item).transpose()
    }
}

fn from_item(item: &Item) -> Result<Correlation, StoreError> {
    check_format(item)?;
    let event = read_text(item, EVENT)?.parse();
    let own: Vec<(IntegratorName, String)> = read_json(item, OWN)?;
    Ok(Correlation {
        work_id: read_text(item, WORK_ID)?.to_owned(),
        event: event.map_err(|error| corrupt(item, EVENT, &format!("can't be read: {error}")))?,
        created: read_instant(item, CREATED)?,
        own,
    })
}
