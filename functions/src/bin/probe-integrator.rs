//! Calls an integrator, and lets what waits for it go on.

use std::process::ExitCode;

use treble_api::gates::routes::PROBE_INTEGRATOR;
use treble_functions::gates::Use;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function =
    Function { routes: &[&PROBE_INTEGRATOR], documents: None, uses: Uses::gates(Use::CALLS) };

fn main() -> ExitCode {
    run(FUNCTION)
}
