//! Lists the groups that have hooks.

use std::process::ExitCode;

use treble_api::taskcluster::routes::LIST_HOOK_GROUPS;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function = Function { routes: &[&LIST_HOOK_GROUPS], documents: None, uses: Uses::HOOKS };

fn main() -> ExitCode {
    run(FUNCTION)
}
