//! Resumes a task.

use std::process::ExitCode;

use treble_api::cds::routes::START_TASK;
use treble_functions::cds::{Uses, answer};

fn main() -> ExitCode {
    answer(&START_TASK, Uses::EXECUTIONS)
}
