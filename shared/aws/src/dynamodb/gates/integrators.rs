//! Integrators, and who of them wants which event.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use treble_core::gate::ports::IntegratorStore;
use treble_core::gate::{Event, FailurePolicy, Integrator, IntegratorName, SigningSecret};
use treble_core::ports::{Page, PageRequest, StoreError};

use super::names::{CREATED, INTEGRATOR, INTEGRATORS, SEALED_SECRETS, UPDATED, wanting};
use super::{DynamoGates, json, read_json};
use crate::dynamodb::item::{
    Item, check_format, corrupt, incomplete, instant, item, key, read_instant, read_text, text, unavailable,
};
use crate::dynamodb::schema::{PARTITION_KEY, SORT_KEY};
use crate::dynamodb::transaction::{delete, put};

/// All of an integrator but its name, its moments and its secrets.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Definition {
    url: String,
    events: BTreeSet<Event>,
    timeout_ms: u64,
    failure_policy: FailurePolicy,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
}

/// A secret within what is sealed.
#[derive(Serialize, Deserialize)]
struct Secret {
    secret: String,
    created: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<Timestamp>,
}

impl DynamoGates {
    /// All attributes of an integrator; its rows differ in their keys only.
    fn integrator_attributes(&self, integrator: &Integrator) -> Result<Item, StoreError> {
        let name = &integrator.name;
        let definition = Definition {
            url: integrator.url.clone(),
            events: integrator.events.clone(),
            timeout_ms: u64::try_from(integrator.timeout.as_millis()).unwrap_or(u64::MAX),
            failure_policy: integrator.failure_policy,
            owner: integrator.owner.clone(),
        };
        let definition = json(&definition, || format!("integrator {name}"))?;
        Ok(Item::from([
            (INTEGRATOR.to_owned(), text(definition)),
            (SEALED_SECRETS.to_owned(), self.seal(name, &integrator.secrets)?),
            (CREATED.to_owned(), instant(integrator.created)),
            (UPDATED.to_owned(), instant(integrator.updated)),
        ]))
    }

    fn seal(&self, name: &IntegratorName, secrets: &[SigningSecret]) -> Result<AttributeValue, StoreError> {
        let secret = |known: &SigningSecret| Secret {
            secret: known.secret.clone(),
            created: known.created,
            expires: known.expires,
        };
        let secrets: Vec<Secret> = secrets.iter().map(secret).collect();
        let secrets = json(&secrets, || format!("the secrets of integrator {name}"))?;
        let sealed = self.sealer.seal(name.as_str(), &secrets);
        let sealed =
            sealed.map_err(|error| unavailable(format!("seal the secrets of integrator {name}"), error))?;
        Ok(AttributeValue::B(Blob::new(sealed)))
    }

    /// The secrets of an integrator. Under a new master key there are none, so that nothing is sent to it; it is shown and can be
    /// given a new one all the same.
    fn open(&self, name: &IntegratorName, item: &Item) -> Result<Vec<SigningSecret>, StoreError> {
        let sealed = item.get(SEALED_SECRETS).and_then(|value| value.as_b().ok());
        let sealed = sealed.ok_or_else(|| corrupt(item, SEALED_SECRETS, "is missing or no bytes"))?;
        let Some(opened) = self.sealer.open(name.as_str(), sealed.as_ref()) else {
            tracing::error!(
                integrator = name.as_str(),
                "the integrator's secrets were sealed under another master key, or changed"
            );
            return Ok(Vec::new());
        };
        let secrets: Vec<Secret> = serde_json::from_str(&opened)
            // The error would quote them.
            .map_err(|_| corrupt(item, SEALED_SECRETS, "has something else than secrets sealed"))?;
        let secret = |Secret { secret, created, expires }| SigningSecret { secret, created, expires };
        Ok(secrets.into_iter().map(secret).collect())
    }

    fn read_integrator(&self, item: &Item) -> Result<Integrator, StoreError> {
        check_format(item)?;
        let name: IntegratorName = read_text(item, SORT_KEY)?
            .parse()
            .map_err(|error| corrupt(item, SORT_KEY, &format!("can't be read: {error}")))?;
        let definition: Definition = read_json(item, INTEGRATOR)?;
        let secrets = self.open(&name, item)?;
        Ok(Integrator {
            name,
            url: definition.url,
            events: definition.events,
            timeout: Duration::from_millis(definition.timeout_ms),
            failure_policy: definition.failure_policy,
            owner: definition.owner,
            secrets,
            created: read_instant(item, CREATED)?,
            updated: read_instant(item, UPDATED)?,
        })
    }

    /// Writes the integrator's own row, on the condition that the old one is still there.
    fn put_own(
        &self,
        old: Option<&Integrator>,
        name: &IntegratorName,
        attributes: &Item,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut own = item(INTEGRATORS, name.as_str());
        own.extend(attributes.clone());
        let write = Put::builder().table_name(&self.table).set_item(Some(own));
        let write = match old {
            None => write.condition_expression(format!("attribute_not_exists({PARTITION_KEY})")),
            Some(old) => {
                write.condition_expression(unchanged()).set_expression_attribute_values(Some(seen(old)))
            }
        };
        write.build().map(put).map_err(incomplete)
    }

    fn put_wanting(
        &self,
        event: Event,
        name: &IntegratorName,
        attributes: &Item,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut row = item(wanting(event), name.as_str());
        row.extend(attributes.clone());
        Put::builder().table_name(&self.table).set_item(Some(row)).build().map(put).map_err(incomplete)
    }

    fn delete_wanting(&self, event: Event, name: &IntegratorName) -> Result<TransactWriteItem, StoreError> {
        let row = key(wanting(event), name.as_str());
        Delete::builder().table_name(&self.table).set_key(Some(row)).build().map(delete).map_err(incomplete)
    }
}

/// The condition that an integrator is still the one that was [seen].
fn unchanged() -> String {
    format!("{CREATED} = :created AND {UPDATED} = :updated")
}

fn seen(integrator: &Integrator) -> Item {
    Item::from([
        (":created".to_owned(), instant(integrator.created)),
        (":updated".to_owned(), instant(integrator.updated)),
    ])
}

#[async_trait]
impl IntegratorStore for DynamoGates {
    async fn get(&self, name: &IntegratorName) -> Result<Option<Integrator>, StoreError> {
        let key = key(INTEGRATORS, name.as_str());
        let item = self.item(key, || format!("read integrator {name}")).await?;
        item.map(|item| self.read_integrator(&item)).transpose()
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<Integrator>, StoreError> {
        self.listing(INTEGRATORS.into()).page(page, |item| self.read_integrator(item).map(Some)).await
    }

    async fn wanting(&self, event: Event) -> Result<Vec<Integrator>, StoreError> {
        let listing = self.listing(wanting(event));
        let all = PageRequest::default();
        Ok(listing.page(&all, |item| self.read_integrator(item).map(Some)).await?.items)
    }

    async fn put(&self, old: Option<&Integrator>, new: &Integrator) -> Result<bool, StoreError> {
        let attributes = self.integrator_attributes(new)?;
        let mut writes = vec![self.put_own(old, &new.name, &attributes)?];
        for &event in &new.events {
            writes.push(self.put_wanting(event, &new.name, &attributes)?);
        }
        for &event in old.iter().flat_map(|old| old.events.difference(&new.events)) {
            writes.push(self.delete_wanting(event, &new.name)?);
        }
        self.transact(writes, || format!("save integrator {}", new.name)).await
    }

    async fn delete(&self, old: &Integrator) -> Result<bool, StoreError> {
        let own = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key(INTEGRATORS, old.name.as_str())))
            .condition_expression(unchanged())
            .set_expression_attribute_values(Some(seen(old)))
            .build()
            .map_err(incomplete)?;
        let mut writes = vec![delete(own)];
        for &event in &old.events {
            writes.push(self.delete_wanting(event, &old.name)?);
        }
        self.transact(writes, || format!("remove integrator {}", old.name)).await
    }
}
