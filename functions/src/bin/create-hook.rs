//! Creates a hook.

use std::process::ExitCode;

use treble_api::taskcluster::routes::CREATE_HOOK;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function = Function::of(&CREATE_HOOK, Uses::HOOKS);

fn main() -> ExitCode {
    run(FUNCTION)
}
