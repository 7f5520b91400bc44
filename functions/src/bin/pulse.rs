//! Fires the hooks that are bound to a broker's messages.

use std::process::ExitCode;

use treble_functions::pulse;

fn main() -> ExitCode {
    pulse::run()
}
