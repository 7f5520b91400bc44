//! Creates a task and runs it now.

use std::process::ExitCode;

use treble_api::cds::routes::EXECUTE_TASK;
use treble_functions::cds::{Uses, answer};

fn main() -> ExitCode {
    answer(&EXECUTE_TASK, Uses::FIRING)
}
