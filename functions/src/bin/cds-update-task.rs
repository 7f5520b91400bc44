//! Replaces a task's configuration.

use std::process::ExitCode;

use treble_api::cds::routes::UPDATE_TASK;
use treble_functions::cds::{Uses, answer};

fn main() -> ExitCode {
    answer(&UPDATE_TASK, Uses::EXECUTIONS)
}
