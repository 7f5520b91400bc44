//! Gives an execution of a task.

use std::process::ExitCode;

use treble_api::cds::routes::EXECUTION;
use treble_functions::cds::{Uses, answer};

fn main() -> ExitCode {
    answer(&EXECUTION, Uses::EXECUTIONS)
}
