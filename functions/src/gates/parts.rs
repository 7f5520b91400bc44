//! What functions that have to do with integrators are made of.

use std::sync::Arc;

use jiff::Timestamp;
use treble_api::gates::Administration;
use treble_aws::dynamodb::DynamoGates;
use treble_aws::integrators::HttpIntegrators;
use treble_aws::queue::SqsWakes;
use treble_aws::settings::{DELIVERIES_QUEUE_URL, GATES_TABLE, SettingError, Variables};
use treble_core::gate::ports::{IntegratorClient, WakeQueue};
use treble_core::gate::{AddressRules, Gates};
use treble_core::secret::MasterKey;

use crate::absent::Absent;
use crate::parts::Aws;

/// Where integrators and deliveries are, and where integrators may be.
#[derive(Debug, Clone)]
pub(crate) struct GatesSettings {
    pub(super) table: String,
    /// The queue of lanes; None where the function sends nothing to it.
    pub(super) queue_url: Option<String>,
    pub(super) addresses: AddressRules,
}

impl GatesSettings {
    /// As the environment says.
    pub(crate) fn read<F>(variables: &Variables<F>, sends: bool, calls: bool) -> Result<Self, SettingError>
    where
        F: Fn(&str) -> Option<String>,
    {
        let addresses =
            if calls { variables.integrator_addresses(AddressRules::Public)? } else { AddressRules::Public };
        Ok(Self {
            table: variables.required(GATES_TABLE)?,
            queue_url: sends.then(|| variables.required(DELIVERIES_QUEUE_URL)).transpose()?,
            addresses,
        })
    }
}

type MakeWakes = fn(&Aws, String) -> Arc<dyn WakeQueue>;
type MakeClient = fn(AddressRules) -> Arc<dyn IntegratorClient>;

/// What of integrators a function uses that answers requests of who administers them, beside the table of gates.
#[derive(Clone, Copy)]
pub struct Use {
    /// Its parts: named here alone, so that a function that doesn't use them isn't linked with them.
    make: MakeAdministration,
    wakes: Option<MakeWakes>,
    client: Option<MakeClient>,
    /// Whether it checks where they are.
    addresses: bool,
}

impl Use {
    /// Nothing else.
    pub const TABLE: Self = Self { make: administration, wakes: None, client: None, addresses: false };
    /// Where integrators may be.
    pub const ADDRESSES: Self = Self { addresses: true, ..Self::TABLE };
    /// The queue of lanes.
    pub const WAKES: Self = Self { wakes: Some(wakes), ..Self::TABLE };
    /// The same, and integrators themselves.
    pub const CALLS: Self = Self { client: Some(client), addresses: true, ..Self::WAKES };

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
        (self.make)(self, aws, settings, key)
    }
}

type MakeAdministration = fn(&Use, &Aws, GatesSettings, &MasterKey) -> Administration;

fn administration(uses: &Use, aws: &Aws, settings: GatesSettings, key: &MasterKey) -> Administration {
    let GatesSettings { table, queue_url, addresses } = settings;
    let gates = Arc::new(DynamoGates::new(aws.dynamodb(), table, key));
    let absent = || Arc::new(Absent("part of gates"));
    Administration {
        integrators: gates.clone(),
        deliveries: gates.clone(),
        lanes: gates,
        wakes: uses.wakes.zip(queue_url).map_or_else(|| absent() as _, |(make, url)| make(aws, url)),
        client: uses.client.map_or_else(|| absent() as _, |make| make(addresses)),
        addresses,
    }
}

/// What asks and tells integrators, of a function that does.
pub(crate) type HookGates = fn(&Aws, GatesSettings, &MasterKey) -> Gates;

/// The same.
pub(crate) fn asking(aws: &Aws, settings: GatesSettings, key: &MasterKey) -> Gates {
    let GatesSettings { table, queue_url, addresses } = settings;
    let gates = Arc::new(DynamoGates::new(aws.dynamodb(), table, key));
    Gates {
        integrators: gates.clone(),
        correlations: gates.clone(),
        deliveries: gates,
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

pub(super) fn wakes(aws: &Aws, url: String) -> Arc<dyn WakeQueue> {
    Arc::new(SqsWakes::new(aws_sdk_sqs::Client::new(aws.config()), url))
}

pub(super) fn client(addresses: AddressRules) -> Arc<dyn IntegratorClient> {
    Arc::new(HttpIntegrators::new(addresses))
}
