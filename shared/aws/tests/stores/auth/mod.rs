//! Clients and roles are kept, their secrets sealed, their changes seen.

mod clients;
mod roles;
mod sealed;

use treble_aws::dynamodb::DynamoAuth;
use treble_core::secret::MasterKey;

use crate::support::Stores;

fn auth(stores: &Stores) -> DynamoAuth {
    DynamoAuth::new(stores.client.clone(), &stores.names.auth, &MasterKey::new([7; 32]))
}
