//! `treble up`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use treble_api::taskcluster::denied::DeniedExchanges;
use treble_aws::settings::{AuthChoice, SinkChoice, YesOrNo};
use treble_core::gate::AddressRules;
use treble_pulse_bridge::Broker;

use super::DATA;

#[derive(Debug, Args)]
pub(crate) struct Up {
    /// The port to listen at; 0 for any that is free
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    pub(crate) port: u16,
    /// The name or address to listen at; a name is listened at with all of its addresses
    #[arg(long, value_name = "HOST", default_value = "localhost")]
    pub(crate) host: String,
    /// The URL by which clients know the service [default: http://localhost:PORT]
    #[arg(long, value_name = "URL", env = "TREBLE_ROOT_URL", hide_env_values = true, value_parser = crate::settings::root_url)]
    pub(crate) root_url: Option<String>,
    /// Where tasks are created: journal:PATH, sqs:QUEUE_URL or taskcluster:ROOT_URL [default: journal:DIR/tasks.jsonl]
    #[arg(long, value_name = "SINK", env = "TREBLE_SINK", hide_env_values = true)]
    pub(crate) sink: Option<SinkChoice>,
    /// Who tells who calls: table, for the clients and roles kept here, or taskcluster:ROOT_URL
    #[arg(long, value_name = "AUTH", env = "TREBLE_AUTH", hide_env_values = true, default_value = "table")]
    pub(crate) auth: AuthChoice,
    /// Prefixes of exchanges that hooks may not be bound to, with commas between them [default: those whose
    /// messages a firing itself causes]
    #[arg(long, value_name = "PREFIXES", env = "TREBLE_DENIED_EXCHANGES", hide_env_values = true)]
    pub(crate) denied_exchanges: Option<DeniedExchanges>,
    /// Whether tasks say in extra.traceparent which trace they belong to, where a caller told of one
    #[arg(long, value_name = "yes|no", env = "TREBLE_TRACE_IN_TASKS", hide_env_values = true, default_value = "no", num_args = 0..=1, default_missing_value = "yes")]
    pub(crate) trace_in_tasks: YesOrNo,
    /// Wait for the disk at each write, so that not even a crash of the machine loses what was accepted
    #[arg(long)]
    pub(crate) fsync: bool,
    /// Fire hooks from this broker's messages, and publish there what happens to hooks: amqp://USER:PASSWORD@HOST/VHOST; better
    /// in the environment, as everybody sees command lines
    #[arg(long, value_name = "URL", env = "TREBLE_AMQP_URL", hide_env_values = true)]
    pub(crate) pulse: Option<Broker>,
    /// How often a firing from the queue is tried, at growing intervals, before it becomes a dead letter
    #[arg(long, value_name = "N", default_value_t = crate::queue::worker::ATTEMPTS, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) attempts: u32,
    /// With --store aws: fire what is scheduled there, and deliver to integrators. Only where nothing else does, as what this process takes on waits in
    /// its data directory
    #[arg(long)]
    pub(crate) clock: bool,
    /// Whether integrators are asked and told of hooks as well: before one is created, updated or fires, and after
    #[arg(long, value_name = "yes|no", env = "TREBLE_HOOK_GATES", hide_env_values = true, default_value = "no", num_args = 0..=1, default_missing_value = "yes")]
    pub(crate) hook_gates: YesOrNo,
    /// Where integrators may be: public, for public addresses only, or any
    #[arg(long, value_name = "public|any", env = "TREBLE_INTEGRATOR_ADDRESSES", hide_env_values = true, default_value = "any", value_parser = crate::settings::addresses)]
    pub(crate) integrator_addresses: AddressRules,
    /// Create missing tables, on an emulator of AWS (with AWS_ENDPOINT_URL)
    #[arg(long)]
    pub(crate) create_tables: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// Where the data is.
#[derive(Debug, Clone, Args)]
pub(crate) struct Place {
    /// The data directory
    #[arg(long, value_name = "DIR", default_value = DATA)]
    pub(crate) data: PathBuf,
    /// Where hooks, clients and roles are kept: in the data directory, or in DynamoDB (AWS_REGION, AWS_ENDPOINT_URL,
    /// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and TREBLE_HOOKS_TABLE, TREBLE_FIRES_TABLE, TREBLE_AUTH_TABLE, TREBLE_GATES_TABLE)
    #[arg(long, value_name = "STORE", value_enum, default_value_t = StoreChoice::Embedded)]
    pub(crate) store: StoreChoice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StoreChoice {
    Embedded,
    Aws,
}
