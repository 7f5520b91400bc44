//! Fires a hook for a caller who has its token.

use std::process::ExitCode;

use treble_api::taskcluster::routes::TRIGGER_HOOK_WITH_TOKEN;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function = Function::of(&TRIGGER_HOOK_WITH_TOKEN, Uses::EVERYTHING);

fn main() -> ExitCode {
    run(FUNCTION)
}
