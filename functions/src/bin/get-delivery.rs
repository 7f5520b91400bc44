//! Gives one of these, with its attempts.

use std::process::ExitCode;

use treble_api::gates::routes::GET_DELIVERY;
use treble_functions::gates::Use;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function =
    Function { routes: &[&GET_DELIVERY], documents: None, uses: Uses::gates(Use::TABLE) };

fn main() -> ExitCode {
    run(FUNCTION)
}
