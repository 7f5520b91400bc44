//! Gates in this process: the dialect of CCX, integrators' routes, and what works lanes off, where on AWS functions are woken for
//! them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use treble_api::ccx::{Connect, Service};
use treble_api::gates::{Administration, secret};
use treble_aws::client::configure;
use treble_aws::dynamodb::{DynamoGates, DynamoHooks};
use treble_aws::integrators::HttpIntegrators;
use treble_aws::queue::{SqsWakes, WakeMessage, backoff};
use treble_aws::settings::{CCX_TOKEN, DELIVERIES_QUEUE_URL, SettingError, YesOrNo};
use treble_core::gate::ports::{IntegratorStore as _, WakeQueue};
use treble_core::gate::{
    AddressRules, DEFAULT_TIMEOUT, Deliverer, Event, FailurePolicy, Gates, Integrator, LaneOutcome,
    check_url, wake_due,
};
use treble_core::ports::Mailer;
use treble_core::secret::MasterKey;

use super::address::is_local;
use super::firing::PERIOD;
use crate::cli::Up;
use crate::environment::variables;
use crate::output::{self, Failure};
use crate::queue::worker::{self, Handler};
use crate::queue::{Queues, Received, Wakes};
use crate::store::Store;

/// What the integrator of `treble local-server` is called.
pub(super) const LOCAL: &str = "local";

/// How many lanes of each queue are looked at at once. They are many, as all that they do is wait for integrators' servers: so
/// many of these may hang until their timeouts before anybody else waits for them. Each has a connection; together with the
/// server's, they are fewer than the files that a process may have open.
const LANES: usize = 128;

/// How long one lane is worked before others have their turn. With an integrator's longest timeout, that is less than its message
/// is hidden.
const BUDGET: Duration = Duration::from_secs(20);

/// What is accepted here would be delivered by nobody.
#[derive(Debug, thiserror::Error)]
#[error(
    "with --store aws nothing is delivered to integrators by this process, and {what} would have it: add --clock, or set {} to \
     the queue that others deliver from",
    DELIVERIES_QUEUE_URL.name
)]
pub(super) struct NotHere {
    pub(super) what: &'static str,
}

/// The parts of the gates.
pub(super) struct LocalGates {
    store: Arc<DynamoGates>,
    hooks: Arc<DynamoHooks>,
    client: Arc<HttpIntegrators>,
    /// Where lanes wait.
    wakes: Arc<dyn WakeQueue>,
    /// The same, where it is this process that works them off.
    own: Option<Arc<Wakes>>,
    addresses: AddressRules,
    of_hooks: bool,
    /// What callers of CCX's dialect show; None where that is not spoken.
    tokens: Option<Vec<String>>,
}

impl LocalGates {
    /// As the command line and the environment say; None where deliveries are not this process' concern.
    pub(super) fn new(
        arguments: &Up,
        store: &Store,
        master_key: &MasterKey,
        hooks: &Arc<DynamoHooks>,
        queues: &Queues,
        fires_here: bool,
    ) -> Result<Option<Self>, Failure> {
        let variables = variables();
        let tokens = variables.optional(CCX_TOKEN.name);
        let tokens: Option<Vec<String>> =
            tokens.map(|tokens| tokens.split_whitespace().map(str::to_owned).collect());
        let of_hooks = arguments.hook_gates == YesOrNo::Yes;
        let own = fires_here.then(|| Arc::new(Wakes::new(queues)));
        let wakes = match (&own, variables.optional(DELIVERIES_QUEUE_URL.name)) {
            (Some(own), _) => own.clone() as Arc<dyn WakeQueue>,
            (None, Some(url)) => Arc::new(sqs(&url)?),
            (None, None) if of_hooks => return Err(NotHere { what: "--hook-gates" }.into()),
            (None, None) if tokens.is_some() => return Err(NotHere { what: CCX_TOKEN.name }.into()),
            (None, None) => return Ok(None),
        };
        Ok(Some(Self {
            store: Arc::new(store.gates(master_key)),
            hooks: hooks.clone(),
            client: Arc::new(HttpIntegrators::new(arguments.integrator_addresses)),
            wakes,
            own,
            addresses: arguments.integrator_addresses,
            of_hooks,
            // Whoever can reach a database on this machine may call; what is kept elsewhere is others' as well.
            tokens: tokens.or_else(|| store.embedded.is_some().then(Vec::new)),
        }))
    }

    /// What asks and tells integrators.
    fn gates(&self) -> Gates {
        Gates {
            integrators: self.store.clone(),
            correlations: self.store.clone(),
            deliveries: self.store.clone(),
            wakes: self.wakes.clone(),
            client: self.client.clone(),
            clock: Timestamp::now,
            random,
        }
    }

    /// The same for hooks, where these have gates.
    pub(super) fn of_hooks(&self) -> Option<Gates> {
        self.of_hooks.then(|| self.gates())
    }

    /// What integrators' routes work with.
    pub(super) fn administration(&self) -> Administration {
        Administration {
            integrators: self.store.clone(),
            deliveries: self.store.clone(),
            lanes: self.store.clone(),
            wakes: self.wakes.clone(),
            client: self.client.clone(),
            addresses: self.addresses,
        }
    }

    /// The dialect of CCX, where it is spoken.
    pub(super) fn ccx(&self, host: &str) -> Option<Connect> {
        let tokens = self.tokens.clone()?;
        if tokens.is_empty() && !is_local(host) {
            tracing::warn!(
                "anybody who reaches {host} may call the dialect of CCX: set {} to the tokens of those who may",
                CCX_TOKEN.name
            );
        }
        Some(Arc::new(Service { gates: self.gates(), tokens }).connect())
    }

    /// Starts what delivers, where that is this process' concern; what the clock does for it.
    pub(super) fn start(&self, mailer: Arc<dyn Mailer>) -> Option<LaneClock> {
        let own = self.own.as_ref()?;
        let deliverer = Deliverer {
            integrators: self.store.clone(),
            deliveries: self.store.clone(),
            lanes: self.store.clone(),
            wakes: self.wakes.clone(),
            later: self.hooks.clone(),
            client: self.client.clone(),
            mailer,
            budget: BUDGET,
            clock: Timestamp::now,
            random,
        };
        let lanes = Arc::new(Lanes { deliverer });
        for queue in own.queues() {
            // However often a store does not answer, nothing is given up.
            tokio::spawn(worker::run(queue.clone(), lanes.clone(), LANES, u32::MAX));
        }
        Some(LaneClock { hooks: self.hooks.clone(), wakes: own.clone() })
    }

    /// Makes the integrator of `treble local-server` be at this URL; its secret, if it is new.
    pub(super) async fn set_local(&self, url: &str) -> Result<Option<String>, Failure> {
        check_url(url, self.addresses)?;
        let (name, now) = (LOCAL.parse()?, Timestamp::now());
        loop {
            let old = self.store.get(&name).await?;
            let made = if old.is_none() { Some(secret::fresh(now)?) } else { None };
            let new = Integrator {
                name: name.clone(),
                url: url.to_owned(),
                events: BTreeSet::from(Event::ALL),
                timeout: old.as_ref().map_or(DEFAULT_TIMEOUT, |old| old.timeout),
                failure_policy: old.as_ref().map_or(FailurePolicy::default(), |old| old.failure_policy),
                owner: old.as_ref().and_then(|old| old.owner.clone()),
                secrets: made.iter().cloned().chain(old.iter().flat_map(|old| old.secrets.clone())).collect(),
                created: old.as_ref().map_or(now, |old| old.created),
                updated: now,
            };
            // Somebody else may write it at the same time, where the tables are elsewhere.
            if self.store.put(old.as_ref(), &new).await? {
                return Ok(made.map(|made| made.secret));
            }
        }
    }
}

fn sqs(url: &str) -> Result<SqsWakes, SettingError> {
    let client = aws_sdk_sqs::Client::new(&configure(&variables().aws()?));
    Ok(SqsWakes::new(client, url))
}

/// A random number: for ids, and to scatter what failed together.
fn random() -> u64 {
    getrandom::u64().unwrap_or_else(|_| Timestamp::now().as_nanosecond().cast_unsigned() as u64)
}

/// Works off the lanes that wait in a queue.
struct Lanes {
    deliverer: Deliverer,
}

#[async_trait]
impl Handler for Lanes {
    async fn handle(&self, message: &Received) -> Result<(), Duration> {
        let WakeMessage { integrator } = match WakeMessage::read(&message.body) {
            Ok(message) => message,
            // It won't be one the next time either.
            Err(error) => {
                tracing::error!("a message of the queue of lanes is dropped: {}", output::chain(&error));
                return Ok(());
            }
        };
        match self.deliverer.work(&integrator).await {
            Ok(LaneOutcome { delivered, dead, again, failure: _ }) => {
                let again = again.map(tracing::field::display);
                tracing::info!(%integrator, delivered, dead, again, "a lane was looked at");
                Ok(())
            }
            Err(error) => {
                let wait = backoff(message.receives);
                tracing::warn!("{}; again in {} s", output::chain(&error), wait.as_secs());
                Err(wait)
            }
        }
    }

    async fn give_up(&self, message: &Received) -> Result<(), Duration> {
        self.handle(message).await
    }
}

/// The clock's part: lanes that wait for longer than a queue can.
pub(super) struct LaneClock {
    hooks: Arc<DynamoHooks>,
    wakes: Arc<Wakes>,
}

impl LaneClock {
    /// Sends what is due.
    pub(super) async fn tick(&self) {
        match wake_due(&*self.hooks, &*self.wakes, Timestamp::now(), PERIOD).await {
            Ok(0) => {}
            Ok(lanes) => tracing::info!(lanes, "lanes were due"),
            Err(error) => tracing::error!("lanes that are due can't be sent: {}", output::chain(&error)),
        }
    }
}
