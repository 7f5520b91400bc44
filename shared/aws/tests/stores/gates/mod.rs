//! What gates keep: on an embedded DynamoDB, or at `AWS_ENDPOINT_URL` where that is set.

mod correlations;
mod deliveries;
mod filters;
mod integrators;
mod killed;
mod lanes;
mod later;
mod races;

use std::collections::HashMap;
use std::sync::LazyLock;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use treble_aws::client::configure;
use treble_aws::dynamodb::{DynamoGates, DynamoHooks, TableNames, create_tables};
use treble_aws::settings::Variables;
use treble_core::gate::ports::{CorrelationStore, DeliveryStore, IntegratorStore, LaneStore};
use treble_core::gate::{Delivery, DeliveryId, DeliveryStatus, Event, IntegratorName};
use treble_core::secret::MasterKey;
use treble_embedded::Embedded;

/// Tables of their own.
pub(crate) struct World {
    _database: Option<Embedded>,
    client: Client,
    names: TableNames,
    store: DynamoGates,
    hooks: DynamoHooks,
}

impl World {
    pub(crate) async fn new() -> Self {
        let variables = Variables::new(|name| std::env::var(name).ok());
        let (database, client) = match variables.optional("AWS_ENDPOINT_URL") {
            Some(_) => (None, Client::new(&configure(&variables.aws().unwrap()))),
            None => {
                let database = Embedded::memory().unwrap();
                let client = database.sdk_client();
                (Some(database), client)
            }
        };
        let names = TableNames::with_prefix(&format!("gates-{:016x}", getrandom::u64().unwrap()));
        create_tables(&client, &names).await.unwrap();
        let store = DynamoGates::new(client.clone(), &names.gates, &MasterKey::new([7; 32]));
        let hooks = DynamoHooks::new(client.clone(), &names.hooks);
        Self { _database: database, client, names, store, hooks }
    }

    fn integrators(&self) -> &dyn IntegratorStore {
        &self.store
    }

    fn correlations(&self) -> &dyn CorrelationStore {
        &self.store
    }

    fn deliveries(&self) -> &dyn DeliveryStore {
        &self.store
    }

    fn lanes(&self) -> &dyn LaneStore {
        &self.store
    }

    /// An item of the table of gates, as it is.
    async fn item(&self, pk: &str, sk: &str) -> Option<HashMap<String, AttributeValue>> {
        let read = self.client.get_item().table_name(&self.names.gates);
        let read = read.key("pk", AttributeValue::S(pk.into())).key("sk", AttributeValue::S(sk.into()));
        read.consistent_read(true).send().await.unwrap().item
    }

    /// Makes an item be one that expired, and was not removed yet.
    async fn expire(&self, pk: &str, sk: &str) {
        let update = self.client.update_item().table_name(&self.names.gates);
        let update = update.key("pk", AttributeValue::S(pk.into())).key("sk", AttributeValue::S(sk.into()));
        let past = AttributeValue::N("1".into());
        let update =
            update.update_expression("SET expires = :past").expression_attribute_values(":past", past);
        update.condition_expression("attribute_exists(pk)").send().await.unwrap();
    }
}

/// The present, so that nothing has expired: to the second, and the same whenever a test asks.
fn now() -> Timestamp {
    static NOW: LazyLock<i64> = LazyLock::new(|| Timestamp::now().as_second());
    Timestamp::from_second(*NOW).unwrap()
}

fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

fn name(text: &str) -> IntegratorName {
    text.parse().unwrap()
}

/// A delivery that waits.
fn delivery(integrator: &str, created: Timestamp, unique: u64) -> Delivery {
    Delivery {
        id: DeliveryId::new(created, unique),
        integrator: name(integrator),
        event: Event::PostAddNode,
        body: serde_json::json!({"z": "größe", "a": [1, 2.5, null], "work_id": format!("w{unique}")}),
        created,
        retry_until: created + SignedDuration::from_hours(48),
        status: DeliveryStatus::Waiting,
        attempts: 0,
        last_error: None,
    }
}
