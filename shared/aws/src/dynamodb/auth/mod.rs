//! Clients and roles.
//!
//! | `pk` | `sk` | attributes |
//! |---|---|---|
//! | `client` | clientId | `scopes`, `expiry`, `disabled`, `description`, `created`, `sealedToken` |
//! | `role` | roleId | `id`, `scopes`, `description`, `lastModified` |
//! | `revision` | `roles` | `n`: grows in the same transaction as any change of the roles |
//! | `cds` | | see [`service_state`](super::service_state) |
//!
//! An access token is sealed with a key that is derived from the master key: whoever reads the table can't sign with it.

mod clients;
mod roles;
mod seal;
mod sealed;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use treble_core::ports::{ClientCredentials, Credentials, StoreError};
use treble_core::scope::{NameError, RoleCycle, Roles, ScopeError};
use treble_core::secret::MasterKey;

use super::item::{Item, key, unavailable};
use super::page::Listing;
pub(super) use clients::PARTITION as CLIENTS;
pub use clients::{ClientEntry, NewClient};
pub use roles::RoleEntry;
use seal::Seal;
pub use sealed::SealedClient;

/// The most bytes of scopes that a client or a role may have together: what fits one item beside the rest.
const MAX_SCOPES_BYTES: usize = 350 * 1024;

/// Why a client or a role can't be changed.
#[derive(Debug, thiserror::Error)]
pub enum AuthStoreError {
    /// The table did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The client or the role can't have that name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// It can't have one of the scopes.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// The role would lead back to itself.
    #[error(transparent)]
    Cycle(#[from] RoleCycle),
    /// The roles were changed again and again while they were checked for cycles.
    #[error("others are changing the roles at the same time: try again")]
    Busy,
}

/// Clients and roles in a DynamoDB table.
#[derive(Clone)]
pub struct DynamoAuth {
    client: Client,
    table: String,
    seal: Arc<Seal>,
    known: Arc<Mutex<Option<Known>>>,
}

/// The roles as they were at a revision.
#[derive(Clone)]
struct Known {
    revision: u64,
    roles: Arc<Roles>,
}

impl DynamoAuth {
    /// The clients and roles in a table, whose access tokens were sealed under this master key.
    pub fn new(client: Client, table: impl Into<String>, master_key: &MasterKey) -> Self {
        Self { client, table: table.into(), seal: Arc::new(Seal::new(master_key)), known: Arc::default() }
    }

    fn listing(&self, partition: &str) -> Listing<'_> {
        let partition = partition.to_owned();
        Listing { client: &self.client, table: &self.table, partition, range: None, backwards: false }
    }

    /// Reads an item consistently: a client that was just disabled is, and one that was just created is there.
    async fn item(&self, partition: &str, sort_key: &str) -> Result<Option<Item>, StoreError> {
        let reply = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(partition, sort_key)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| unavailable(format!("read {partition} {sort_key}"), error))?;
        Ok(reply.item)
    }

    fn known(&self) -> Option<Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn learn(&self, known: Known) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
    }
}

#[async_trait]
impl Credentials for DynamoAuth {
    async fn client(&self, client_id: &str) -> Result<Option<ClientCredentials>, StoreError> {
        self.credentials(client_id).await
    }

    /// One cheap read while no role changes; all of the roles after one did.
    async fn roles(&self) -> Result<Arc<Roles>, StoreError> {
        let revision = self.revision().await?;
        if let Some(known) = self.known().filter(|known| known.revision == revision) {
            return Ok(known.roles);
        }
        // Read after its revision, the roles may be newer than that; then they are read once more next time.
        let roles = Arc::new(self.all_roles(&[]).await?);
        self.learn(Known { revision, roles: Arc::clone(&roles) });
        Ok(roles)
    }
}

impl fmt::Debug for DynamoAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoAuth").field("table", &self.table).finish_non_exhaustive()
    }
}

/// Checks that scopes fit one item.
fn check_size(what: &str, name: &str, scopes: &[String]) -> Result<(), StoreError> {
    let size: usize = scopes.iter().map(String::len).sum();
    if size > MAX_SCOPES_BYTES {
        let what = format!("{what} {name} with {size} bytes of scopes, of at most {MAX_SCOPES_BYTES},");
        return Err(StoreError::TooLarge { what });
    }
    Ok(())
}
