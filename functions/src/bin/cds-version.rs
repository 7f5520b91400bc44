//! Tells the release to CDS.

use std::process::ExitCode;

use treble_api::cds::routes::VERSION;
use treble_functions::cds::{Uses, answer};

fn main() -> ExitCode {
    answer(&VERSION, Uses::NOTHING)
}
