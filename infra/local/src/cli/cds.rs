//! `treble cds`.

use clap::{Args, Subcommand, ValueEnum};

use super::Common;

#[derive(Debug, Args)]
pub(crate) struct Cds {
    #[command(subcommand)]
    pub(crate) action: CdsAction,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CdsAction {
    /// Begin or end a maintenance: what is accepted meanwhile is done afterwards
    Maintenance {
        /// Whether there is one from now on
        #[arg(value_enum)]
        switch: Switch,
    },
    /// Show whether CDS knows this service, and whether there is a maintenance
    Status,
    /// Make the tasks those that CDS knows, now: the service does it by itself every five minutes
    ///
    /// CDS is found by CDS_API_URL, CDS_TOKEN and CDS_NAME, as by the service itself
    Synchronize {
        /// The URL by which clients know the service, which tasks' own URLs begin with [default: what `treble up` had in the
        /// data directory]
        #[arg(long, value_name = "URL", env = "TREBLE_ROOT_URL", hide_env_values = true, value_parser = crate::settings::root_url)]
        root_url: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}
