//! Does an execution again.

use std::process::ExitCode;

use treble_api::cds::routes::RUN_EXECUTION;
use treble_functions::cds::{Uses, answer};

fn main() -> ExitCode {
    answer(&RUN_EXECUTION, Uses::FIRING)
}
