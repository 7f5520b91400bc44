//! What the service is made of.

use std::sync::Arc;

use jiff::Timestamp;
use treble_api::auth::{CacheLimits, CachedCredentials};
use treble_api::ccx::Connect;
use treble_api::taskcluster::service::{About, Service};
use treble_aws::dynamodb::{DynamoAuth, DynamoHooks};
use treble_aws::settings::{AuthChoice, SinkChoice, YesOrNo};
use treble_core::consumer::Consumer;
use treble_core::fire::Engine;
use treble_core::ports::Sink;
use treble_core::pulse::Dispatcher;
use treble_core::secret::MasterKey;
use treble_core::tick::Tick;
use treble_pulse_bridge::{Bridge, BridgeOptions, Broker, LocalChanges};

use super::banner::{self, Banner, Local};
use super::cds::Cds;
use super::firing::{self, Firings};
use super::gates::{LocalGates, NotHere};
use super::pulse::{self, Pulse};
use super::{address, background, kafka, parts, poll};
use crate::changes::{Changes, Inbox, Owners, PublishingHooks, tell_owners};
use crate::cli;
use crate::data_dir::DataDir;
use crate::first_start::{self, RootClient};
use crate::mailbox::Mailbox;
use crate::master_key;
use crate::output::Failure;
use crate::queue::{self, Queue, Queues, worker};
use crate::store::Store;

/// Every part of the service, opened.
pub(super) struct Assembly<'a> {
    arguments: &'a cli::Up,
    started: Timestamp,
    root_url: String,
    /// Where clients on this machine find the server, whatever its root URL.
    address: String,
    dir: DataDir,
    master_key: MasterKey,
    store: Store,
    hooks: Arc<DynamoHooks>,
    /// The same; whoever changes hooks does it through these, so that it is announced.
    published: Arc<PublishingHooks<DynamoHooks>>,
    changes: Changes,
    /// What is announced, until somebody deals with it.
    inbox: Option<Inbox>,
    auth: Arc<DynamoAuth>,
    credentials: Arc<CachedCredentials>,
    sink_choice: SinkChoice,
    sink: Arc<dyn Sink>,
    queues: Queues,
    /// The dialect of CDS, where there is one.
    cds: Option<Cds>,
    /// Integrators, who are asked and told, where that is this process' concern.
    gates: Option<LocalGates>,
    /// The topics that its tasks listen to, where there is a cluster.
    kafka: Option<kafka::Consumer>,
}

impl<'a> Assembly<'a> {
    /// Opens everything, as the command line says, in a data directory that this process has locked.
    pub(super) async fn new(arguments: &'a cli::Up, dir: DataDir, port: u16) -> Result<Self, Failure> {
        let master_key = master_key::read_or_create(arguments.place.store, &dir).await?;
        let store = parts::store(arguments, &dir).await?;
        let auth = Arc::new(store.auth(&master_key));
        let sink_choice = arguments.sink.clone().unwrap_or_else(|| SinkChoice::Journal(dir.journal()));
        let address = address::default_root_url(&arguments.host, port);
        let hooks = Arc::new(store.hooks());
        let (changes, inbox) = Changes::new();
        let fires_here = store.embedded.is_some() || arguments.clock;
        let root_url = arguments.root_url.clone().unwrap_or_else(|| address.clone());
        let cds = Cds::new(&store, &master_key, &root_url, fires_here)?;
        let queues = Queues::open(&dir, parts::durability(arguments))?;
        let gates = LocalGates::new(arguments, &store, &master_key, &hooks, &queues, fires_here)?;
        Ok(Self {
            arguments,
            started: Timestamp::now(),
            queues,
            gates,
            kafka: kafka::Consumer::new(cds.is_some())?,
            cds,
            root_url,
            address,
            published: Arc::new(PublishingHooks::new(hooks.clone(), changes.clone())),
            hooks,
            changes,
            inbox: Some(inbox),
            credentials: Arc::new(CachedCredentials::new(auth.clone(), CacheLimits::default())),
            sink: parts::sink(&sink_choice, arguments, &dir)?,
            dir,
            master_key,
            store,
            auth,
            sink_choice,
        })
    }

    /// Where clients on this machine find the server.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The URL by which clients know the service.
    pub(super) fn root_url(&self) -> &str {
        &self.root_url
    }

    /// The service that requests are answered by.
    pub(super) fn service(&self) -> Arc<Service> {
        Arc::new(Service {
            about: About {
                root_url: self.root_url.clone(),
                version: env!("CARGO_PKG_VERSION"),
                commit: option_env!("TREBLE_COMMIT"),
                started: self.started,
            },
            hooks: self.published.clone(),
            bindings: self.hooks.clone(),
            engine: self.engine(),
            authenticator: parts::authenticator(&self.arguments.auth, &self.credentials),
            master_key: Some(self.master_key.clone()),
            denied_exchanges: self.arguments.denied_exchanges.clone().unwrap_or_default(),
            gates: self.gates.as_ref().map(LocalGates::administration),
            now: Timestamp::now,
        })
    }

    /// The service that CDS's requests are answered by, where there is a CDS.
    pub(super) fn cds_service(&self) -> Option<Arc<treble_api::cds::Service>> {
        let cds = self.cds.as_ref()?;
        let queue = Arc::new(self.queues.queue(queue::FIRINGS));
        Some(Arc::new(cds.service(&self.store, self.published.clone(), queue)))
    }

    /// The dialect of CCX, where it is spoken.
    pub(super) fn ccx(&self) -> Option<Connect> {
        self.gates.as_ref()?.ccx(&self.arguments.host)
    }

    /// Makes the integrator of `treble local-server` be at its URL; its secret, if it is new.
    pub(super) async fn set_integrator(&self, url: &str) -> Result<Option<String>, Failure> {
        match &self.gates {
            Some(gates) => gates.set_local(url).await,
            None => Err(NotHere { what: "local-server" }.into()),
        }
    }

    /// Makes what a new data directory begins with; false if an earlier start has.
    pub(super) async fn first_start(&self) -> Result<bool, Failure> {
        first_start::run(&self.dir, &self.auth, &*self.published, self.started).await
    }

    fn engine(&self) -> Engine {
        Engine {
            sink: self.sink.clone(),
            fires: Arc::new(self.store.fires()),
            credentials: self.auth.clone(),
            health: self.published.clone(),
            trace_in_tasks: self.arguments.trace_in_tasks == YesOrNo::Yes,
            gates: self.gates.as_ref().and_then(LocalGates::of_hooks),
        }
    }

    /// Starts what goes on beside requests.
    pub(super) fn start_background(
        &mut self,
        cds: Option<Arc<treble_api::cds::Service>>,
    ) -> Result<(), Failure> {
        tokio::spawn(background::log_changes(self.changes.subscribe()));
        let inbox = self.inbox.take();
        if let Some(database) = &self.store.embedded {
            if let Some(inbox) = inbox {
                tokio::spawn(tell_owners(self.owners(), inbox));
            }
            background::serve_socket(&self.dir, database, &self.credentials);
            tokio::spawn(background::sweep(database.clone()));
        }
        if self.store.embedded.is_some() || self.arguments.clock {
            self.start_firing()?;
        }
        if let Some((cds, service)) = self.cds.take().zip(cds) {
            tokio::spawn(cds.keep_known(service));
        }
        Ok(())
    }

    /// Starts the clock, the bridge to a broker, and what fires what these send.
    fn start_firing(&mut self) -> Result<(), Failure> {
        let queue = self.queues.queue(queue::FIRINGS);
        let consumer = Consumer {
            hooks: self.hooks.clone(),
            engine: self.engine(),
            cds: self.cds.as_ref().map(|cds| cds.processor(&self.store, Arc::new(queue.clone()))),
            budget: firing::SINK_BUDGET,
            clock: Timestamp::now,
        };
        let firings = Firings { consumer, dead_letters: Arc::new(self.store.dead_letters()) };
        tokio::spawn(worker::run(
            queue.clone(),
            Arc::new(firings),
            worker::CONCURRENCY,
            self.arguments.attempts,
        ));
        let tick = Tick {
            index: self.hooks.clone(),
            queue: Arc::new(queue.clone()),
            master_key: self.master_key.clone(),
            period: firing::PERIOD,
            clock: Timestamp::now,
            trace: None,
        };
        let mailbox = Arc::new(Mailbox::new(self.dir.mailbox(), Timestamp::now));
        let lanes = self.gates.as_ref().and_then(|gates| gates.start(mailbox));
        tokio::spawn(firing::clock(tick, lanes, self.changes.subscribe()));
        if self.cds.is_some() {
            let (hooks, fires) = (self.hooks.clone(), Arc::new(self.store.fires()));
            let (firings, key) = (Arc::new(queue.clone()), self.master_key.clone());
            let dispatcher = Dispatcher::new(hooks.clone(), hooks.clone(), fires, firings, key);
            poll::start(&self.store, hooks, poll::servers()?, dispatcher);
        }
        let kafka = self.kafka.take();
        if self.arguments.pulse.is_none() && kafka.is_none() {
            return Ok(());
        }
        let messages = self.start_messages(queue);
        if let Some(kafka) = kafka {
            tokio::spawn(kafka.run(self.hooks.clone(), messages.clone(), self.changes.subscribe()));
        }
        self.arguments.pulse.as_ref().map_or(Ok(()), |broker| self.start_bridge(broker, messages))
    }

    /// Starts what fires hooks from messages; the queue of these.
    fn start_messages(&self, firings: Queue) -> Queue {
        let messages = self.queues.queue(queue::PULSE);
        let (hooks, fires) = (self.hooks.clone(), Arc::new(self.store.fires()));
        let master_key = self.master_key.clone();
        let dispatcher = Dispatcher::new(hooks.clone(), hooks, fires, Arc::new(firings), master_key);
        let pulse = Pulse { dispatcher, dead_letters: Arc::new(self.store.dead_letters()) };
        tokio::spawn(worker::run(
            messages.clone(),
            Arc::new(pulse),
            worker::CONCURRENCY,
            self.arguments.attempts,
        ));
        messages
    }

    fn start_bridge(&self, broker: &Broker, messages: Queue) -> Result<(), Failure> {
        let changes = Arc::new(LocalChanges::default());
        tokio::spawn(pulse::pass_on(self.changes.subscribe(), changes.clone()));
        let options = BridgeOptions::new(broker.clone());
        let bridge = Bridge::new(options, self.hooks.clone(), Arc::new(messages))?.with_changes(changes);
        tokio::spawn(async move { bridge.run(std::future::pending()).await });
        Ok(())
    }

    /// Where changes of hooks are announced. On AWS, owners are told by functions, from the table's stream.
    pub(super) fn changes(&self) -> &Changes {
        &self.changes
    }

    fn owners(&self) -> Owners {
        Owners {
            hooks: self.hooks.clone(),
            mailer: Arc::new(Mailbox::new(self.dir.mailbox(), Timestamp::now)),
            root_url: self.root_url.clone(),
        }
    }

    /// What to say now.
    pub(super) async fn banner(&self, first: bool, integrator: Option<Local<'_>>) -> Result<String, Failure> {
        let sample = first_start::sample_hook(&*self.hooks).await?;
        let token = sample.map(|hook| self.master_key.trigger_token(&hook.name, hook.token_generation));
        let client = match &self.arguments.auth {
            AuthChoice::Table => RootClient::good(&self.dir, &self.auth, self.started).await?,
            AuthChoice::Taskcluster(root_url) => Err(format!("Clients are those of {root_url}.")),
        };
        let banner = Banner {
            first,
            root_url: &self.root_url,
            data: self.dir.path(),
            sink: &self.sink_choice,
            client: client.as_ref().map_err(Clone::clone),
            sample_token: token.as_ref().map(|token| token.as_str()),
            integrator,
            program: banner::program(),
            on_aws: self.store.embedded.is_none(),
        };
        Ok(banner.to_string())
    }
}
