//! Gives up an execution that waits.

use std::process::ExitCode;

use treble_api::cds::routes::STOP_EXECUTION;
use treble_functions::cds::{Uses, answer};

fn main() -> ExitCode {
    answer(&STOP_EXECUTION, Uses::EXECUTIONS)
}
