//! Lists all tasks of CDS.

use std::process::ExitCode;

use treble_api::cds::routes::LIST_TASKS;
use treble_functions::cds::{Uses, answer};

fn main() -> ExitCode {
    answer(&LIST_TASKS, Uses::EXECUTIONS)
}
