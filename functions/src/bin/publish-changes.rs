//! Publishes what changes in the hooks table, from its stream.

use std::process::ExitCode;

use treble_functions::publish_changes;

fn main() -> ExitCode {
    publish_changes::run()
}
