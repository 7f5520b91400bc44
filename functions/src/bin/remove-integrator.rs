//! Removes an integrator.

use std::process::ExitCode;

use treble_api::gates::routes::REMOVE_INTEGRATOR;
use treble_functions::gates::Use;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function =
    Function { routes: &[&REMOVE_INTEGRATOR], documents: None, uses: Uses::gates(Use::WAKES) };

fn main() -> ExitCode {
    run(FUNCTION)
}
