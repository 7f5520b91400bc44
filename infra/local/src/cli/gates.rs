//! `treble integrator` and `treble deliveries`.

use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use treble_aws::http::RootUrl;
use treble_core::gate::{DeliveryId, Event, IntegratorName};

use super::HooksCommon;
use crate::ccx::words;

const INTEGRATOR_HELP: &str = "\
Where the service is, and what exit codes mean: see `treble hooks --help`.

Scopes: gates:list-integrators, gates:read-integrator:NAME, gates:modify-integrator:NAME.

Examples:
  treble integrator set billing --url https://billing.example/hooks --event pre-add-node --event post-add-node
  treble integrator set audit --url https://audit.example --all-events --failure-policy proceed --timeout 2s
  treble integrator rotate-secret billing --grace 1h
  treble integrator probe billing";

const DELIVERIES_HELP: &str = "\
Where the service is, and what exit codes mean: see `treble hooks --help`.

Scopes: gates:read-deliveries:NAME, gates:resend-deliveries:NAME.

Examples:
  treble deliveries list billing --status dead
  treble deliveries show billing msg_18a1…
  treble deliveries resend billing msg_18a1…
  treble deliveries recover billing --since 2d";

#[derive(Debug, Args)]
#[command(after_help = INTEGRATOR_HELP, arg_required_else_help = true)]
pub(crate) struct Integrator {
    #[command(subcommand)]
    pub(crate) action: IntegratorAction,
    #[command(flatten)]
    pub(crate) common: HooksCommon,
}

#[derive(Debug, Subcommand)]
pub(crate) enum IntegratorAction {
    /// Create an integrator, and show its secret once; or replace how it is dealt with, but for its secrets
    Set(SetIntegrator),
    /// List the integrators
    List,
    /// Show an integrator
    Show {
        /// Its name
        name: IntegratorName,
    },
    /// Delete an integrator: what waits to be delivered to it is given up
    Delete {
        /// Its name
        name: IntegratorName,
    },
    /// Give an integrator a new secret, and show it once
    RotateSecret {
        /// Its name
        name: IntegratorName,
        /// For how long the old secrets sign as well; 0s where they are known to others
        #[arg(long, value_name = "TIME", default_value = "24h", value_parser = crate::settings::duration)]
        grace: Duration,
    },
    /// Look whether an integrator's server is there: if it is, what waits is delivered at once
    Probe {
        /// Its name
        name: IntegratorName,
    },
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").args(["events", "all_events"]).required(true))]
pub(crate) struct SetIntegrator {
    /// Its name: letters, digits, -, _ and .
    pub(crate) name: IntegratorName,
    /// Where its server is: `<URL>/pre-add-node` and so on are called
    #[arg(long, value_name = "URL")]
    pub(crate) url: RootUrl,
    /// What it is asked or told, e.g. pre-add-node or post-fire; may be repeated
    #[arg(long = "event", value_name = "EVENT", value_parser = words::event)]
    pub(crate) events: Vec<Event>,
    /// It is asked and told everything
    #[arg(long)]
    pub(crate) all_events: bool,
    /// How long it may take for an answer, up to 25s
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = crate::settings::duration)]
    pub(crate) timeout: Duration,
    /// What it means when it is asked and gives no answer that can be understood: as if it had refused, or as if it had approved
    #[arg(long, value_name = "POLICY", value_enum, default_value_t = Policy::Reject)]
    pub(crate) failure_policy: Policy,
    /// Whom to mail when its server is down for a while
    #[arg(long, value_name = "EMAIL")]
    pub(crate) owner: Option<String>,
}

/// The names of [`FailurePolicy`](treble_core::gate::FailurePolicy).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Policy {
    Reject,
    Proceed,
}

impl Policy {
    /// Its name.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::Proceed => "proceed",
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = DELIVERIES_HELP, arg_required_else_help = true)]
pub(crate) struct Deliveries {
    #[command(subcommand)]
    pub(crate) action: DeliveriesAction,
    #[command(flatten)]
    pub(crate) common: HooksCommon,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeliveriesAction {
    /// List an integrator's deliveries of the last 30 days and those that wait, the oldest first
    List(ListDeliveries),
    /// Show a delivery: what it says, and what came of each attempt
    Show(Delivery),
    /// Send a delivery again, under its old webhook-id
    Resend(Delivery),
    /// Send all of an integrator's dead deliveries again
    Recover {
        /// The integrator
        integrator: IntegratorName,
        /// Those created since a moment, e.g. 2026-11-27T00:00:00Z, or since some time, e.g. 2d
        #[arg(long, value_name = "TIME", value_parser = crate::settings::since)]
        since: Timestamp,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ListDeliveries {
    /// The integrator
    pub(crate) integrator: IntegratorName,
    /// Only those that are as far as this
    #[arg(long, value_name = "STATUS", value_enum)]
    pub(crate) status: Option<Status>,
    /// Those created since a moment, e.g. 2026-11-27T00:00:00Z, or since some time, e.g. 2h
    #[arg(long, value_name = "TIME", value_parser = crate::settings::since)]
    pub(crate) since: Option<Timestamp>,
    /// How many at most
    #[arg(short = 'n', long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
}

/// The names of [`DeliveryStatus`](treble_core::gate::DeliveryStatus).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Status {
    Waiting,
    Delivered,
    Dead,
}

impl Status {
    /// Its name.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }
}

/// Which delivery.
#[derive(Debug, Args)]
pub(crate) struct Delivery {
    /// The integrator
    pub(crate) integrator: IntegratorName,
    /// The delivery's id: its webhook-id, msg_…
    pub(crate) id: DeliveryId,
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::{IntegratorAction, Policy};
    use crate::cli::{Cli, Command};

    #[test]
    fn integrators_are_described_in_one_line() {
        let line = "treble integrator set a.b --url http://localhost:1/x/ --event pre_add_node --event post-fire --timeout 500ms";
        let Command::Integrator(integrator) = Cli::try_parse_from(line.split(' ')).unwrap().command else {
            panic!("{line}")
        };
        let IntegratorAction::Set(set) = integrator.action else { panic!("{line}") };
        let events: Vec<&str> = set.events.iter().map(|event| event.as_str()).collect();
        assert_eq!(
            (set.url.to_string(), events),
            ("http://localhost:1/x".into(), vec!["pre-add-node", "post-fire"])
        );
        assert_eq!((set.timeout.as_millis(), set.failure_policy), (500, Policy::Reject));
    }

    #[test]
    fn wrong_values_are_refused() {
        for line in [
            "treble integrator",
            "treble integrator set i --url http://x",
            "treble integrator set i --all-events",
            "treble integrator set i --url x --all-events",
            "treble integrator set a/b --url http://x --all-events",
            "treble integrator set i --url http://x --event add",
            "treble integrator set i --url http://x --event pre-fire",
            "treble integrator set i --url http://x --all-events --event post-fire",
            "treble integrator set i --url http://x --all-events --failure-policy maybe",
            "treble deliveries list",
            "treble deliveries list i --status lost",
            "treble deliveries show i 1",
            "treble deliveries recover i",
            "treble deliveries recover i --since yesterday",
        ] {
            let error = Cli::try_parse_from(line.split(' ')).expect_err(line);
            assert_eq!(error.exit_code(), 2, "{line}");
        }
    }
}
