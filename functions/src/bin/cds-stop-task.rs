//! Pauses a task.

use std::process::ExitCode;

use treble_api::cds::routes::STOP_TASK;
use treble_functions::cds::{Uses, answer};

fn main() -> ExitCode {
    answer(&STOP_TASK, Uses::EXECUTIONS)
}
