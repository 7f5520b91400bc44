//! Removes many tasks.

use std::process::ExitCode;

use treble_api::cds::routes::DELETE_TASKS;
use treble_functions::cds::{Uses, answer};

fn main() -> ExitCode {
    answer(&DELETE_TASKS, Uses::EXECUTIONS)
}
