//! Fires a hook for a caller who signs.

use std::process::ExitCode;

use treble_api::taskcluster::routes::TRIGGER_HOOK;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function = Function::of(&TRIGGER_HOOK, Uses::FIRING);

fn main() -> ExitCode {
    run(FUNCTION)
}
