//! The dialect of CDS in this process: its API, the executions from the queue, and what goes on beside: heartbeats and
//! synchronisations, where on AWS functions are woken for them.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{MissedTickBehavior, interval};
use treble_api::cds::routes::monitoring_status;
use treble_api::cds::{Memory, Service};
use treble_aws::cds::{CdsClient, CdsService};
use treble_aws::dynamodb::DynamoServiceState;
use treble_aws::http::HttpClient;
use treble_aws::seal::TextSeal;
use treble_aws::settings::{CDS_TOKEN, CdsSettings};
use treble_core::cds::{PERIOD, Processor, Registrar, ServiceStateStore, SyncReport, Synchronizer};
use treble_core::ports::{FiringQueue, HookStore, StoreError, chain};
use treble_core::secret::MasterKey;

use crate::environment::variables;
use crate::output::Failure;
use crate::store::Store;

/// How often tasks are compared with what CDS knows.
const SYNCHRONIZATION: Duration = Duration::from_secs(300);

/// When CDS is told again, if it did not answer or did not take the registration.
const SOON: Duration = Duration::from_secs(5);

/// What is accepted here would be done by nobody.
#[derive(Debug, thiserror::Error)]
#[error(
    "CDS_API_URL is set, and with --store aws nothing is fired by this process: add --clock, or unset it"
)]
struct NotHere;

/// The parts of the dialect.
pub(super) struct Cds {
    settings: CdsSettings,
    client: Arc<CdsClient>,
    state: Arc<DynamoServiceState>,
    seal: Arc<TextSeal>,
    master_key: MasterKey,
    public_url: String,
}

impl Cds {
    /// As the environment says; None where it names no CDS.
    pub(super) fn new(
        store: &Store,
        master_key: &MasterKey,
        public_url: &str,
        fires_here: bool,
    ) -> Result<Option<Self>, Failure> {
        let Some(settings) = variables().cds()? else { return Ok(None) };
        if !fires_here {
            return Err(NotHere.into());
        }
        let service = CdsService {
            api_url: settings.api_url.clone(),
            token: Some(variables().required(CDS_TOKEN)?),
            name: settings.name.clone(),
            public_url: public_url.to_owned(),
        };
        Ok(Some(Self {
            settings,
            client: Arc::new(CdsClient::new(HttpClient::new(), service)),
            state: Arc::new(store.service_state(master_key)),
            seal: Arc::new(TextSeal::new(master_key)),
            master_key: master_key.clone(),
            public_url: public_url.to_owned(),
        }))
    }

    /// What requests are answered by.
    pub(super) fn service(
        &self,
        store: &Store,
        hooks: Arc<dyn HookStore>,
        queue: Arc<dyn FiringQueue>,
    ) -> Service {
        Service {
            hooks,
            executions: Arc::new(store.executions()),
            repositories: Arc::new(store.repositories()),
            claims: Arc::new(store.fires()),
            queue,
            state: self.state.clone(),
            seal: self.seal.clone(),
            master_key: self.master_key.clone(),
            public_url: self.public_url.clone(),
            history: self.settings.execution_history,
            version: env!("CARGO_PKG_VERSION"),
            now: Timestamp::now,
            memory: Memory::default(),
        }
    }

    /// What does executions.
    pub(super) fn processor(&self, store: &Store, queue: Arc<dyn FiringQueue>) -> Processor {
        Processor {
            executions: Arc::new(store.executions()),
            claims: Arc::new(store.fires()),
            state: self.state.clone(),
            api: self.client.clone(),
            queue,
            rules: self.settings.rules(),
            clock: Timestamp::now,
        }
    }

    /// Registers, again and again, and once that went well compares the tasks with what CDS knows: at once, and from then on
    /// every [`SYNCHRONIZATION`].
    pub(super) async fn keep_known(self, service: Arc<Service>) {
        let api: Arc<CdsClient> = self.client;
        let state: Arc<dyn ServiceStateStore> = self.state;
        let registrar = Registrar { api: api.clone(), state: state.clone(), clock: Timestamp::now };
        let synchronizer = Synchronizer { tasks: service.tasks(), api, state };
        let mut beats = interval(PERIOD);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut beats_until_synchronization = 0;
        loop {
            beats.tick().await;
            match beat(&registrar).await {
                Ok(true) if beats_until_synchronization == 0 => {
                    synchronize(&synchronizer).await;
                    beats_until_synchronization = SYNCHRONIZATION.as_secs() / PERIOD.as_secs();
                }
                Ok(true) => beats_until_synchronization -= 1,
                Ok(false) => beats.reset_after(SOON),
                Err(error) => tracing::error!(error = chain(&error), "the registration at CDS can't be kept"),
            }
        }
    }
}

async fn beat(registrar: &Registrar) -> Result<bool, StoreError> {
    let state = registrar.state.read().await?;
    registrar.beat(&monitoring_status(env!("CARGO_PKG_VERSION"), &state, Timestamp::now())).await
}

async fn synchronize(synchronizer: &Synchronizer) {
    match synchronizer.run().await {
        Ok(report) => {
            let SyncReport { known, failed, removed } = report;
            tracing::info!(known, failed, removed, "tasks are those that CDS knows");
        }
        Err(error) => tracing::error!(error = chain(&error), "tasks can't be compared with what CDS knows"),
    }
}
