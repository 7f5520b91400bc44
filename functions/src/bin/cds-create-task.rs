//! Creates a task of CDS.

use std::process::ExitCode;

use treble_api::cds::routes::CREATE_TASK;
use treble_functions::cds::{Uses, answer};

fn main() -> ExitCode {
    answer(&CREATE_TASK, Uses::EXECUTIONS)
}
