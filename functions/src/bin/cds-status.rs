//! Tells CDS how the service is.

use std::process::ExitCode;

use treble_api::cds::routes::STATUS;
use treble_functions::cds::{Uses, answer};

fn main() -> ExitCode {
    answer(&STATUS, Uses::STATUS)
}
