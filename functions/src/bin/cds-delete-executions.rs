//! Removes a task's executions.

use std::process::ExitCode;

use treble_api::cds::routes::DELETE_EXECUTIONS;
use treble_functions::cds::{Uses, answer};

fn main() -> ExitCode {
    answer(&DELETE_EXECUTIONS, Uses::EXECUTIONS)
}
