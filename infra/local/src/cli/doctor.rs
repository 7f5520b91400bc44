//! `treble doctor`.

use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;

use super::Place;

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// By how much a hook has to be overdue to be stuck, e.g. 10m
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration)]
    pub(crate) overdue: Duration,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// A time, as people write it.
fn duration(text: &str) -> Result<Duration, String> {
    let parsed = text.parse::<SignedDuration>().ok().and_then(|parsed| Duration::try_from(parsed).ok());
    parsed.ok_or_else(|| "must be a time, e.g. 90s, 10m or 2h".into())
}
