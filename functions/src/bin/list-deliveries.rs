//! Lists what an integrator was told, or is to be.

use std::process::ExitCode;

use treble_api::gates::routes::LIST_DELIVERIES;
use treble_functions::gates::Use;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function =
    Function { routes: &[&LIST_DELIVERIES], documents: None, uses: Uses::gates(Use::TABLE) };

fn main() -> ExitCode {
    run(FUNCTION)
}
