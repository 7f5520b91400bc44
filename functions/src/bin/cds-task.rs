//! Gives a task of CDS.

use std::process::ExitCode;

use treble_api::cds::routes::TASK;
use treble_functions::cds::{Uses, answer};

fn main() -> ExitCode {
    answer(&TASK, Uses::EXECUTIONS)
}
