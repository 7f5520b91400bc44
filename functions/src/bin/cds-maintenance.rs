//! Begins or ends a maintenance.

use std::process::ExitCode;

use treble_api::cds::routes::MAINTENANCE;
use treble_functions::cds::{Uses, answer};

fn main() -> ExitCode {
    answer(&MAINTENANCE, Uses::STATE)
}
