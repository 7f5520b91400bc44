//! The bridge, in a container of its own.

use std::process::ExitCode;

use tracing::level_filters::LevelFilter;
use treble_core::ports::chain;
use treble_pulse_bridge::run_from_environment;

fn main() -> ExitCode {
    tracing_subscriber::fmt().json().with_max_level(LevelFilter::INFO).with_target(false).init();
    match run_from_environment() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = chain(&error), "the bridge can't run");
            ExitCode::FAILURE
        }
    }
}
