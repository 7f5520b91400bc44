//! Sends the firings that are due soon, each minute.

use std::process::ExitCode;

use treble_functions::tick;

fn main() -> ExitCode {
    tick::run()
}
