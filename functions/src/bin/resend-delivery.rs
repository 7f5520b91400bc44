//! Sends one again.

use std::process::ExitCode;

use treble_api::gates::routes::RESEND_DELIVERY;
use treble_functions::gates::Use;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function =
    Function { routes: &[&RESEND_DELIVERY], documents: None, uses: Uses::gates(Use::WAKES) };

fn main() -> ExitCode {
    run(FUNCTION)
}
