//! Replaces a hook's definition.

use std::process::ExitCode;

use treble_api::taskcluster::routes::UPDATE_HOOK;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function = Function { routes: &[&UPDATE_HOOK], documents: None, uses: Uses::CHANGED_HOOKS };

fn main() -> ExitCode {
    run(FUNCTION)
}
