//! Removes a task of CDS.

use std::process::ExitCode;

use treble_api::cds::routes::DELETE_TASK;
use treble_functions::cds::{Uses, answer};

fn main() -> ExitCode {
    answer(&DELETE_TASK, Uses::EXECUTIONS)
}
