//! Tells when a hook fired last, and when it fires next.

use std::process::ExitCode;

use treble_api::taskcluster::routes::GET_HOOK_STATUS;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function = Function { routes: &[&GET_HOOK_STATUS], documents: None, uses: Uses::STATUS };

fn main() -> ExitCode {
    run(FUNCTION)
}
