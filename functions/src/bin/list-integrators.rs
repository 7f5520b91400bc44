//! Lists integrators.

use std::process::ExitCode;

use treble_api::gates::routes::LIST_INTEGRATORS;
use treble_functions::gates::Use;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function =
    Function { routes: &[&LIST_INTEGRATORS], documents: None, uses: Uses::gates(Use::TABLE) };

fn main() -> ExitCode {
    run(FUNCTION)
}
