//! Gives an integrator another secret.

use std::process::ExitCode;

use treble_api::gates::routes::ROTATE_INTEGRATOR_SECRET;
use treble_functions::gates::Use;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function =
    Function { routes: &[&ROTATE_INTEGRATOR_SECRET], documents: None, uses: Uses::gates(Use::TABLE) };

fn main() -> ExitCode {
    run(FUNCTION)
}
