//! Creates an integrator, or replaces it.

use std::process::ExitCode;

use treble_api::gates::routes::SET_INTEGRATOR;
use treble_functions::gates::Use;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function =
    Function { routes: &[&SET_INTEGRATOR], documents: None, uses: Uses::gates(Use::ADDRESSES) };

fn main() -> ExitCode {
    run(FUNCTION)
}
