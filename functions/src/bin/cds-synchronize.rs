//! Makes the tasks those that CDS knows.

use std::process::ExitCode;

use treble_functions::cds;

fn main() -> ExitCode {
    cds::synchronize()
}
