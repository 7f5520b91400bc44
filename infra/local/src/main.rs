//! `treble`.

use std::process::ExitCode;

fn main() -> ExitCode {
    treble_local::main()
}
