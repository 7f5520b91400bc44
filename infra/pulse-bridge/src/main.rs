//! The bridge, in a container of its own. `treble-pulse-bridge check` asks the one that runs there how it does.

use std::env;
use std::process::ExitCode;

use tracing::level_filters::LevelFilter;
use treble_core::ports::chain;
use treble_pulse_bridge::{check_from_environment, run_from_environment};

fn main() -> ExitCode {
    tracing_subscriber::fmt().json().with_max_level(LevelFilter::INFO).with_target(false).init();
    let result = match env::args().nth(1).as_deref() {
        Some("check") => check_from_environment(),
        _ => run_from_environment().map(|()| true),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            tracing::error!(error = chain(&error), "the bridge can't run");
            ExitCode::FAILURE
        }
    }
}
