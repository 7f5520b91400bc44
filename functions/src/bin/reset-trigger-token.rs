//! Replaces the token that fires a hook.

use std::process::ExitCode;

use treble_api::taskcluster::routes::RESET_TRIGGER_TOKEN;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function =
    Function { routes: &[&RESET_TRIGGER_TOKEN], documents: None, uses: Uses::HOOKS_AND_TOKENS };

fn main() -> ExitCode {
    run(FUNCTION)
}
