//! Answers that the service is up.

use std::process::ExitCode;

use treble_api::taskcluster::routes::PING;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function = Function { routes: &[&PING], documents: None, uses: Uses::NOTHING };

fn main() -> ExitCode {
    run(FUNCTION)
}
