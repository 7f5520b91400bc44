//! What functions that have to do with integrators are made of.

use std::sync::Arc;

use jiff::Timestamp;
use treble_api::gates::Administration;
use treble_aws::gates::{
    DynamoCorrelations, DynamoDeliveries, DynamoIntegrators, DynamoLanes, GateClient, SqsWakes,
};
use treble_aws::settings::{
    DELIVERIES_QUEUE_URL, GATES_TABLE, HOOK_GATES, INTEGRATOR_ADDRESSES, SettingError, Variables, YesOrNo,
};
use treble_core::gate::ports::{CorrelationStore, DeliveryStore, IntegratorClient, LaneStore, WakeQueue};
use treble_core::gate::{AddressRules, Gates};
use treble_core::secret::MasterKey;

use crate::absent::Absent;
use crate::parts::Aws;

/// A part of what deliveries and integrators need, made of the table's name, or the queue's URL.
pub type Part<P> = fn(&Aws, String) -> Arc<P>;

/// Where integrators and deliveries are, and where integrators may be.
#[derive(Debug, Clone)]
pub(crate) struct GatesSettings {
    table: String,
    /// The queue of lanes; None where the function sends nothing to it.
    queue_url: Option<String>,
    addresses: AddressRules,
}

impl GatesSettings {
    /// As the environment says.
    pub(crate) fn read<F>(variables: &Variables<F>, sends: bool, calls: bool) -> Result<Self, SettingError>
    where
        F: Fn(&str) -> Option<String>,
    {
        Ok(Self {
            table: variables.required(GATES_TABLE)?,
            queue_url: sends.then(|| variables.required(DELIVERIES_QUEUE_URL)).transpose()?,
            addresses: match calls {
                true => variables.parsed_or_default(INTEGRATOR_ADDRESSES)?,
                false => AddressRules::Public,
            },
        })
    }
}

/// What of integrators a function uses that answers requests of who administers them, beside themselves.
#[derive(Clone, Copy)]
pub struct Use {
    deliveries: Option<Part<dyn DeliveryStore>>,
    lanes: Option<Part<dyn LaneStore>>,
    wakes: Option<Part<dyn WakeQueue>>,
    client: Option<fn(AddressRules) -> Arc<dyn IntegratorClient>>,
    /// Whether it checks where they are.
    addresses: bool,
}

impl Use {
    /// Integrators alone.
    pub const INTEGRATORS: Self =
        Self { deliveries: None, lanes: None, wakes: None, client: None, addresses: false };
    /// With how their lanes are.
    pub const LANES: Self = Self { lanes: Some(lanes), ..Self::INTEGRATORS };
    /// And where they are to be.
    pub const SAVED: Self = Self { addresses: true, ..Self::LANES };
    /// Lanes to be looked at.
    pub const WAKES: Self = Self { wakes: Some(wakes), ..Self::LANES };
    /// The same, calling integrators.
    pub const CALLS: Self = Self { client: Some(client), addresses: true, ..Self::WAKES };
    /// With their deliveries.
    pub const DELIVERIES: Self = Self { deliveries: Some(deliveries), ..Self::INTEGRATORS };
    /// The same, to be sent again.
    pub const RESENT: Self = Self { wakes: Some(wakes), ..Self::DELIVERIES };

    /// What the environment says of it.
    pub(crate) fn settings<F>(&self, variables: &Variables<F>) -> Result<GatesSettings, SettingError>
    where
        F: Fn(&str) -> Option<String>,
    {
        GatesSettings::read(variables, self.wakes.is_some(), self.addresses)
    }

    /// The parts.
    pub(crate) fn administration(
        &self,
        aws: &Aws,
        settings: GatesSettings,
        key: &MasterKey,
    ) -> Administration {
        let absent = || Arc::new(Absent("part of gates"));
        let GatesSettings { table, queue_url, addresses } = settings;
        Administration {
            integrators: Arc::new(DynamoIntegrators::new(aws.dynamodb(), table.clone(), key)),
            deliveries: self.deliveries.map_or_else(|| absent() as _, |make| make(aws, table.clone())),
            lanes: self.lanes.map_or_else(|| absent() as _, |make| make(aws, table)),
            wakes: self.wakes.zip(queue_url).map_or_else(|| absent() as _, |(make, url)| make(aws, url)),
            client: self.client.map_or_else(|| absent() as _, |make| make(addresses)),
            addresses,
        }
    }
}

/// What asks and tells integrators, of a function that calls them.
pub(crate) type HookGates = fn(&Aws, GatesSettings, &MasterKey) -> Gates;

/// The same.
pub(crate) fn hooks(aws: &Aws, settings: GatesSettings, key: &MasterKey) -> Gates {
    let GatesSettings { table, queue_url, addresses } = settings;
    Gates {
        integrators: Arc::new(DynamoIntegrators::new(aws.dynamodb(), table.clone(), key)),
        correlations: correlations(aws, table.clone()),
        deliveries: deliveries(aws, table),
        wakes: queue_url.map_or_else(|| Arc::new(Absent("queue of deliveries")) as _, |url| wakes(aws, url)),
        client: client(addresses),
        clock: Timestamp::now,
        random,
    }
}

/// A random number of the operating system.
pub(super) fn random() -> u64 {
    let (high, low) = uuid::Uuid::new_v4().as_u64_pair();
    high ^ low
}

pub(super) fn correlations(aws: &Aws, table: String) -> Arc<dyn CorrelationStore> {
    Arc::new(DynamoCorrelations::new(aws.dynamodb(), table))
}

pub(super) fn deliveries(aws: &Aws, table: String) -> Arc<dyn DeliveryStore> {
    Arc::new(DynamoDeliveries::new(aws.dynamodb(), table))
}

pub(super) fn lanes(aws: &Aws, table: String) -> Arc<dyn LaneStore> {
    Arc::new(DynamoLanes::new(aws.dynamodb(), table))
}

pub(super) fn wakes(aws: &Aws, url: String) -> Arc<dyn WakeQueue> {
    Arc::new(SqsWakes::new(aws_sdk_sqs::Client::new(aws.config()), url))
}

pub(super) fn client(addresses: AddressRules) -> Arc<dyn IntegratorClient> {
    Arc::new(GateClient::new(addresses))
}
