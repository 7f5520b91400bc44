//! Fires the tasks that are for what happened in repositories, each minute.

use std::process::ExitCode;

use treble_functions::poll;

fn main() -> ExitCode {
    poll::run()
}
