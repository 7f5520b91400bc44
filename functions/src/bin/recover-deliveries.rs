//! Sends all again that were given up since a moment.

use std::process::ExitCode;

use treble_api::gates::routes::RECOVER_DELIVERIES;
use treble_functions::gates::Use;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function =
    Function { routes: &[&RECOVER_DELIVERIES], documents: None, uses: Uses::gates(Use::WAKES) };

fn main() -> ExitCode {
    run(FUNCTION)
}
