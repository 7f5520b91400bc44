//! Tells CDS that the service is there.

use std::process::ExitCode;

use treble_functions::cds;

fn main() -> ExitCode {
    cds::beat()
}
