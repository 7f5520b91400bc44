//! Records a request to a task's URL, and answers it.

use std::process::ExitCode;

use treble_api::cds::routes::WEBHOOK;
use treble_functions::cds::{Uses, answer};

fn main() -> ExitCode {
    answer(&WEBHOOK, Uses::WEBHOOK)
}
