//! Creates or replaces many tasks.

use std::process::ExitCode;

use treble_api::cds::routes::SAVE_TASKS;
use treble_functions::cds::{Uses, answer};

fn main() -> ExitCode {
    answer(&SAVE_TASKS, Uses::TASKS)
}
