//! Creates a hook.

use std::process::ExitCode;

use treble_api::taskcluster::routes::CREATE_HOOK;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function = Function { routes: &[&CREATE_HOOK], documents: None, uses: Uses::CHANGED_HOOKS };

fn main() -> ExitCode {
    run(FUNCTION)
}
