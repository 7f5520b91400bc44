//! Lists the hooks of a group.

use std::process::ExitCode;

use treble_api::taskcluster::routes::LIST_HOOKS;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function = Function { routes: &[&LIST_HOOKS], documents: None, uses: Uses::HOOKS };

fn main() -> ExitCode {
    run(FUNCTION)
}
