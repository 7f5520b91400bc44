//! Gives an integrator, and how its lane is.

use std::process::ExitCode;

use treble_api::gates::routes::GET_INTEGRATOR;
use treble_functions::gates::Use;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function =
    Function { routes: &[&GET_INTEGRATOR], documents: None, uses: Uses::gates(Use::TABLE) };

fn main() -> ExitCode {
    run(FUNCTION)
}
