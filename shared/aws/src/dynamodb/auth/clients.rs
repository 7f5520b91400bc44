//! Clients: who may call.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use treble_core::ports::{AccessToken, ClientCredentials, Page, PageRequest, StoreError};
use treble_core::scope::{check_client_id, check_grantable};

use super::{AuthStoreError, DynamoAuth, check_size};
use crate::dynamodb::condition::{self, Write};
use crate::dynamodb::item::{
    Item, check_format, corrupt, instant, item, key, read_instant, read_text, read_texts, text, texts,
    unavailable,
};
use crate::dynamodb::schema::{PARTITION_KEY, SORT_KEY};

pub(in crate::dynamodb) const PARTITION: &str = "client";
const SCOPES: &str = "scopes";
const EXPIRY: &str = "expiry";
const DISABLED: &str = "disabled";
const DESCRIPTION: &str = "description";
const CREATED: &str = "created";
const SEALED_TOKEN: &str = "sealedToken";

/// A client to be created.
#[derive(Debug, Clone)]
pub struct NewClient {
    /// Its name.
    pub client_id: String,
    /// What it is for.
    pub description: String,
    /// Its secret.
    pub access_token: AccessToken,
    /// Its scopes.
    pub scopes: Vec<String>,
    /// When it expires.
    pub expires: Timestamp,
    /// The present moment.
    pub created: Timestamp,
}

/// A client, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientEntry {
    /// Its name.
    pub client_id: String,
    /// What it is for.
    pub description: String,
    /// Its scopes, before its roles are expanded.
    pub scopes: Vec<String>,
    /// When it expires.
    pub expires: Timestamp,
    /// Whether it was switched off.
    pub disabled: bool,
    /// When it was created.
    pub created: Timestamp,
}

impl DynamoAuth {
    /// Creates a client. False, and nothing changed, when there is one of that name.
    pub async fn create_client(&self, new: &NewClient) -> Result<bool, AuthStoreError> {
        check_client_id(&new.client_id)?;
        for scope in &new.scopes {
            check_grantable(scope)?;
        }
        check_size("client", &new.client_id, &new.scopes)?;
        let sealed = self.seal.seal(&new.client_id, &new.access_token)?;
        let entry = ClientEntry {
            client_id: new.client_id.clone(),
            description: new.description.clone(),
            scopes: new.scopes.clone(),
            expires: new.expires,
            disabled: false,
            created: new.created,
        };
        let item = to_item(&entry, sealed);
        let attempt = || {
            self.client
                .put_item()
                .table_name(&self.table)
                .set_item(Some(item.clone()))
                .condition_expression(format!("attribute_not_exists({PARTITION_KEY})"))
                .send()
        };
        let outcome: Write<PutItemError> = condition::write(attempt)
            .await
            .map_err(|error| unavailable(format!("create client {}", new.client_id), error))?;
        Ok(matches!(outcome, Write::Made))
    }

    /// A client by its name, without its secret.
    pub async fn client_entry(&self, client_id: &str) -> Result<Option<ClientEntry>, AuthStoreError> {
        check_client_id(client_id)?;
        let item = self.item(PARTITION, client_id).await?;
        Ok(item.as_ref().map(entry).transpose()?)
    }

    /// The clients, by their names in code-point order.
    pub async fn list_clients(&self, page: &PageRequest) -> Result<Page<ClientEntry>, StoreError> {
        self.listing(PARTITION).page(page, |item| entry(item).map(Some)).await
    }

    /// Switches a client off or on again. False when there is none of that name.
    pub async fn set_client_disabled(&self, client_id: &str, disabled: bool) -> Result<bool, AuthStoreError> {
        check_client_id(client_id)?;
        Ok(self.change(client_id, DISABLED, AttributeValue::Bool(disabled)).await?)
    }

    /// Gives a client another secret. False when there is none of that name.
    pub async fn reset_access_token(
        &self,
        client_id: &str,
        access_token: &AccessToken,
    ) -> Result<bool, AuthStoreError> {
        check_client_id(client_id)?;
        let sealed = self.seal.seal(client_id, access_token)?;
        Ok(self.change(client_id, SEALED_TOKEN, AttributeValue::B(sealed)).await?)
    }

    /// Removes a client. False when there is none of that name.
    pub async fn delete_client(&self, client_id: &str) -> Result<bool, AuthStoreError> {
        check_client_id(client_id)?;
        let attempt = || {
            self.client
                .delete_item()
                .table_name(&self.table)
                .set_key(Some(key(PARTITION, client_id)))
                .condition_expression(format!("attribute_exists({PARTITION_KEY})"))
                .send()
        };
        let outcome = condition::write(attempt)
            .await
            .map_err(|error| unavailable(format!("remove client {client_id}"), error))?;
        Ok(matches!(outcome, Write::Made))
    }

    /// A client with its secret. What can't be a client's name is nobody's.
    pub(super) async fn credentials(&self, client_id: &str) -> Result<Option<ClientCredentials>, StoreError> {
        if check_client_id(client_id).is_err() {
            return Ok(None);
        }
        let Some(item) = self.item(PARTITION, client_id).await? else { return Ok(None) };
        let ClientEntry { client_id, scopes, expires, disabled, .. } = entry(&item)?;
        let access_token = self.seal.unseal(&client_id, sealed_token(&item)?)?;
        Ok(Some(ClientCredentials { client_id, access_token, scopes, expires, disabled }))
    }

    async fn change(&self, client_id: &str, attribute: &str, to: AttributeValue) -> Result<bool, StoreError> {
        let attempt = || {
            self.client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(key(PARTITION, client_id)))
                .update_expression(format!("SET {attribute} = :to"))
                .condition_expression(format!("attribute_exists({PARTITION_KEY})"))
                .expression_attribute_values(":to", to.clone())
                .send()
        };
        let outcome: Write<UpdateItemError> = condition::write(attempt)
            .await
            .map_err(|error| unavailable(format!("change client {client_id}"), error))?;
        Ok(matches!(outcome, Write::Made))
    }
}

pub(super) fn to_item(client: &ClientEntry, sealed: Blob) -> Item {
    let mut item = item(PARTITION, &client.client_id);
    item.insert(SCOPES.into(), texts(&client.scopes));
    item.insert(EXPIRY.into(), instant(client.expires));
    item.insert(DISABLED.into(), AttributeValue::Bool(client.disabled));
    item.insert(DESCRIPTION.into(), text(&client.description));
    item.insert(CREATED.into(), instant(client.created));
    item.insert(SEALED_TOKEN.into(), AttributeValue::B(sealed));
    item
}

pub(super) fn sealed_token(item: &Item) -> Result<&Blob, StoreError> {
    item.get(SEALED_TOKEN)
        .and_then(|value| value.as_b().ok())
        .ok_or_else(|| corrupt(item, SEALED_TOKEN, "is missing or not binary"))
}

pub(super) fn entry(item: &Item) -> Result<ClientEntry, StoreError> {
    check_format(item)?;
    let disabled = item
        .get(DISABLED)
        .and_then(|value| value.as_bool().ok())
        .ok_or_else(|| corrupt(item, DISABLED, "is missing or neither true nor false"))?;
    Ok(ClientEntry {
        client_id: read_text(item, SORT_KEY)?.to_owned(),
        description: read_text(item, DESCRIPTION)?.to_owned(),
        scopes: read_texts(item, SCOPES)?,
        expires: read_instant(item, EXPIRY)?,
        disabled: *disabled,
        created: read_instant(item, CREATED)?,
    })
}
