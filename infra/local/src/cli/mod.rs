//! What can be asked for on the command line.

mod ccx;
mod cds;
mod dead_letters;
mod doctor;
mod gates;
mod hooks;
mod transfer;
mod up;

use std::path::PathBuf;

use clap::builder::Styles;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::output::style;
use crate::settings::Expiry;
pub(crate) use ccx::{LocalServer, MockHooks, TestClient};
pub(crate) use cds::{Cds, CdsAction, Switch};
pub(crate) use dead_letters::{DeadLetterFilter, DeadLetters, DeadLettersAction};
pub(crate) use doctor::Doctor;
pub(crate) use gates::{Deliveries, DeliveriesAction, Integrator, IntegratorAction, SetIntegrator, Status};
pub(crate) use hooks::{Apply, Hooks, HooksAction, HooksCommon, List, Next, Payload, Render, Show, Which};
pub(crate) use transfer::{End, Export, Import};
pub(crate) use up::{Place, StoreChoice, Up};

/// Where the data is kept, unless the command line says otherwise.
pub(crate) const DATA: &str = "treble-data";

/// How help and complaints look on a terminal.
const STYLES: Styles = Styles::styled()
    .header(style::HEADING)
    .usage(style::HEADING)
    .literal(style::GOOD)
    .error(style::BAD)
    .valid(style::GOOD)
    .invalid(style::CHANGED);

/// Treble: creates tasks when something happens
#[derive(Debug, Parser)]
#[command(name = "treble", version, arg_required_else_help = true, max_term_width = 110, styles = STYLES)]
pub(crate) struct Cli {
    /// Say what happens, on standard error: a line for each request
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
    /// What to do
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the whole service in this process
    #[command(visible_alias = "serve")]
    Up(Up),
    /// Start it with one integrator, which is a local HTTP server
    #[command(long_about = ccx::LOCAL_SERVER_HELP)]
    LocalServer(LocalServer),
    /// Be an integrator's HTTP server, which prints each hook that comes in
    #[command(long_about = ccx::MOCK_HOOKS_HELP)]
    MockHooks(MockHooks),
    /// Call the service as CCX's platform does
    #[command(long_about = ccx::TEST_CLIENT_HELP)]
    TestClient(TestClient),
    /// Bridge a RabbitMQ to a deployment on AWS: messages in, changes of hooks out
    ///
    /// All is set by variables, as secrets are among it: TREBLE_AMQP_URL (e.g. amqps://broker.example.com/vhost),
    /// TREBLE_AMQP_USER, TREBLE_AMQP_PASSWORD, TREBLE_AMQP_CA_FILE, TREBLE_AMQP_QUEUE, TREBLE_AMQP_PREFETCH,
    /// TREBLE_HEALTH_ADDRESS, TREBLE_RECONCILE_SECONDS; and TREBLE_HOOKS_TABLE, TREBLE_PULSE_QUEUE_URL,
    /// TREBLE_CHANGES_QUEUE_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY
    Bridge,
    /// Apply, list, trigger and try out hooks
    Hooks(Hooks),
    /// Manage integrators: third parties that are asked before something happens, and told after it did
    Integrator(Integrator),
    /// Look at what integrators are told, and send it again
    Deliveries(Deliveries),
    /// Show the tasks that were created
    Tasks(Tasks),
    /// List the API's methods and the scopes that they need
    Routes {
        /// Answer in JSON
        #[arg(long)]
        json: bool,
        /// Print the router's configuration for `cargo lambda watch --global FILE` instead
        #[arg(long, conflicts_with = "json")]
        watch_router: bool,
    },
    /// Manage clients: who may call
    Client(Client),
    /// Manage roles: named sets of scopes
    Role(Role),
    /// Look at what could not be fired, and send it again
    DeadLetters(DeadLetters),
    /// Look after a service that is OVH CDS's: its maintenance, its registration, its tasks
    Cds(Cds),
    /// Check whether a deployment, or the server on a data directory, is well
    Doctor(Doctor),
    /// Write hooks, or everything, to a file: a backup, or what moves elsewhere
    #[command(long_about = transfer::EXPORT_HELP)]
    Export(Export),
    /// Take what `treble export` wrote
    #[command(long_about = transfer::IMPORT_HELP)]
    Import(Import),
    /// Print what a shell needs to complete this program's command line
    ///
    /// For bash, in ~/.bashrc: source <(treble completions bash)
    Completions {
        /// Which shell
        #[arg(value_enum)]
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Tasks {
    /// The data directory
    #[arg(long, value_name = "DIR", default_value = DATA)]
    pub(crate) data: PathBuf,
    /// Keep showing new ones, until interrupted
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// Show the journal's lines as they are
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Client {
    #[command(subcommand)]
    pub(crate) action: ClientAction,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What all commands on clients and roles take.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    #[command(flatten)]
    pub(crate) place: GlobalPlace,
    /// Answer in JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// [`Place`], accepted before and after the action's name.
#[derive(Debug, Clone, Args)]
pub(crate) struct GlobalPlace {
    /// The data directory
    #[arg(long, value_name = "DIR", default_value = DATA, global = true)]
    pub(crate) data: PathBuf,
    /// Where clients and roles are kept: in the data directory, or in DynamoDB (TREBLE_AUTH_TABLE and the AWS_ variables)
    #[arg(long, value_name = "STORE", value_enum, default_value_t = StoreChoice::Embedded, global = true)]
    pub(crate) store: StoreChoice,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ClientAction {
    /// Create a client, and show its access token once
    Create {
        /// Its name, e.g. ci/build-bot
        id: String,
        /// A scope that it has, e.g. hooks:trigger-hook:examples/*; may be repeated
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<String>,
        /// What it is for
        #[arg(long, default_value = "")]
        description: String,
        /// When it expires: a moment, e.g. 2030-01-01T00:00:00Z, or a time from now, e.g. 30d [default: never]
        #[arg(long, value_name = "WHEN")]
        expires: Option<Expiry>,
        /// Its access token, at least 22 letters, digits, - and _ [default: a random one]
        #[arg(long, value_name = "TOKEN", value_parser = crate::settings::access_token)]
        token: Option<String>,
    },
    /// List the clients
    List,
    /// Show a client
    Show {
        /// Its name
        id: String,
    },
    /// Refuse a client's calls, until it is enabled again
    Disable {
        /// Its name
        id: String,
    },
    /// Accept a disabled client's calls again
    Enable {
        /// Its name
        id: String,
    },
    /// Delete a client
    Delete {
        /// Its name
        id: String,
    },
    /// Give a client a new access token, and show it once
    Reset {
        /// Its name
        id: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Role {
    #[command(subcommand)]
    pub(crate) action: RoleAction,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RoleAction {
    /// Create a role, or replace what it holds
    Set {
        /// Its name, e.g. hook-id:examples/hello or hook-id:examples/*
        role: String,
        /// A scope that it gives; may be repeated
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<String>,
        /// What it is for
        #[arg(long, default_value = "")]
        description: String,
    },
    /// List the roles
    List,
    /// Show a role
    Show {
        /// Its name
        role: String,
    },
    /// Delete a role
    Delete {
        /// Its name
        role: String,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn options_may_stand_anywhere() {
        for line in [
            "treble client list --data d --json",
            "treble client --data d list --json",
            "treble client --json --data d list",
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).expect(line);
            let Command::Client(client) = cli.command else { panic!("{line}") };
            assert!(client.common.json && client.common.place.data.as_os_str() == "d", "{line}");
        }
    }

    #[test]
    fn wrong_values_are_refused() {
        for line in [
            "treble up --port 70000",
            "treble up --sink journal",
            "treble up --sink kafka:x",
            "treble up --auth nobody",
            "treble up --trace-in-tasks maybe",
            "treble up --integrator-addresses private",
            "treble up --root-url localhost:8080",
            "treble up --store sqlite",
            "treble role set r",
            "treble client create",
            "treble client create c --expires tomorrow",
            "treble client create c --token short",
        ] {
            let error = Cli::try_parse_from(line.split(' ')).expect_err(line);
            assert_eq!(error.exit_code(), 2, "{line}");
        }
    }
}
