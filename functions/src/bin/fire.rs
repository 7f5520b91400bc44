//! Does what waits in the queue of firings.

use std::process::ExitCode;

use treble_functions::firings;

fn main() -> ExitCode {
    firings::fire()
}
