//! Tells whether the database and the sink answer.

use std::process::ExitCode;

use treble_api::taskcluster::routes::HEARTBEAT;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function = Function { routes: &[&HEARTBEAT], documents: None, uses: Uses::HEARTBEAT };

fn main() -> ExitCode {
    run(FUNCTION)
}
