//! Asks and tells integrators, as CCX's platform calls.

use std::process::ExitCode;

fn main() -> ExitCode {
    treble_functions::gates::ccx::run()
}
