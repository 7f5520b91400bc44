//! Mails hooks' owners.

use std::process::ExitCode;

use treble_functions::tell_owner;

fn main() -> ExitCode {
    tell_owner::run()
}
