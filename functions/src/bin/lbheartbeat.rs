//! Answers a load balancer.

use std::process::ExitCode;

use treble_api::taskcluster::routes::LBHEARTBEAT;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function = Function { routes: &[&LBHEARTBEAT], documents: None, uses: Uses::NOTHING };

fn main() -> ExitCode {
    run(FUNCTION)
}
