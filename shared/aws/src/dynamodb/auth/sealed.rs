//! Clients as a backup has them: their access tokens stay sealed.

use aws_sdk_dynamodb::primitives::Blob;
use treble_core::ports::{Page, PageRequest, StoreError};
use treble_core::scope::{check_client_id, check_grantable};

use super::clients::{self, ClientEntry};
use super::{AuthStoreError, DynamoAuth, check_size};
use crate::dynamodb::restore::{Restore, Restored, restore};

/// A client, and its access token as it is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedClient {
    /// The client.
    pub entry: ClientEntry,
    /// Opens with the master key that it was sealed under, and no other.
    pub sealed_token: Vec<u8>,
}

impl DynamoAuth {
    /// The clients, by their names in code-point order.
    pub async fn list_sealed_clients(&self, page: &PageRequest) -> Result<Page<SealedClient>, StoreError> {
        let client = |item: &_| {
            let entry = clients::entry(item)?;
            Ok(Some(SealedClient { entry, sealed_token: clients::sealed_token(item)?.as_ref().to_vec() }))
        };
        self.listing(clients::PARTITION).page(page, client).await
    }

    /// Whether there can be such a client, and its token opens with this deployment's master key.
    pub fn check_sealed_client(&self, client: &SealedClient) -> Result<(), AuthStoreError> {
        let ClientEntry { client_id, scopes, .. } = &client.entry;
        check_client_id(client_id)?;
        for scope in scopes {
            check_grantable(scope)?;
        }
        check_size("client", client_id, scopes)?;
        self.seal.unseal(client_id, &Blob::new(&*client.sealed_token))?;
        Ok(())
    }

    /// Puts a client of a backup in its place.
    pub async fn restore_client(
        &self,
        client: &SealedClient,
        how: Restore,
    ) -> Result<Restored, AuthStoreError> {
        self.check_sealed_client(client)?;
        let sealed = Blob::new(&*client.sealed_token);
        let item = clients::to_item(&client.entry, sealed);
        let what = format!("client {}", client.entry.client_id);
        Ok(restore(&self.client, &self.table, item, how, &what).await?)
    }
}
