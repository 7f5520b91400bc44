//! Pauses all tasks.

use std::process::ExitCode;

use treble_api::cds::routes::STOP_TASKS;
use treble_functions::cds::{Uses, answer};

fn main() -> ExitCode {
    answer(&STOP_TASKS, Uses::TASKS)
}
