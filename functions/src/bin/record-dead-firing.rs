//! Records what the queue of firings gave up.

use std::process::ExitCode;

use treble_functions::firings;

fn main() -> ExitCode {
    firings::record_dead()
}
