//! Fires a hook for a caller who signs.

use std::process::ExitCode;

use treble_api::taskcluster::routes::TRIGGER_HOOK;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function = Function { routes: &[&TRIGGER_HOOK], documents: None, uses: Uses::FIRING };

fn main() -> ExitCode {
    run(FUNCTION)
}
