//! Fires a hook for a caller who has its token.

use std::process::ExitCode;

use treble_api::taskcluster::routes::TRIGGER_HOOK_WITH_TOKEN;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function =
    Function { routes: &[&TRIGGER_HOOK_WITH_TOKEN], documents: None, uses: Uses::FIRING_BY_TOKEN };

fn main() -> ExitCode {
    run(FUNCTION)
}
