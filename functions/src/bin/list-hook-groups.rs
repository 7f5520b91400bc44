//! Lists the groups that have hooks.

use std::process::ExitCode;

use treble_api::taskcluster::routes::LIST_HOOK_GROUPS;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function = Function::of(&LIST_HOOK_GROUPS, Uses::HOOKS);

fn main() -> ExitCode {
    run(FUNCTION)
}
