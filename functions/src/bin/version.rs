//! Tells which release runs.

use std::process::ExitCode;

use treble_api::taskcluster::routes::VERSION;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function = Function { routes: &[&VERSION], documents: None, uses: Uses::NOTHING };

fn main() -> ExitCode {
    run(FUNCTION)
}
