//! Resumes all tasks.

use std::process::ExitCode;

use treble_api::cds::routes::START_TASKS;
use treble_functions::cds::{Uses, answer};

fn main() -> ExitCode {
    answer(&START_TASKS, Uses::TASKS)
}
