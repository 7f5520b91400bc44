//! `treble doctor`.

use std::time::Duration;

use clap::Args;

use super::Place;

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// By how much a hook has to be overdue to be stuck, e.g. 10m
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = crate::settings::duration)]
    pub(crate) overdue: Duration,
    #[command(flatten)]
    pub(crate) place: Place,
}
