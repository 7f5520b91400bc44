//! Lists a task's executions.

use std::process::ExitCode;

use treble_api::cds::routes::EXECUTIONS;
use treble_functions::cds::{Uses, answer};

fn main() -> ExitCode {
    answer(&EXECUTIONS, Uses::EXECUTIONS)
}
