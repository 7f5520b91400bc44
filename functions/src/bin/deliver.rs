//! Works integrators' lanes off.

use std::process::ExitCode;

fn main() -> ExitCode {
    treble_functions::gates::deliver::run()
}
