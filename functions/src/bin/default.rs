//! Answers what no other function does: documents, and what is asked in vain.

use std::process::ExitCode;

use treble_functions::{Function, run};

const FUNCTION: Function = Function::EVERYTHING;

fn main() -> ExitCode {
    run(FUNCTION)
}
