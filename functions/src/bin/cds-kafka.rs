//! Fires the tasks of CDS that are bound to Kafka's topics.

use std::process::ExitCode;

use treble_functions::kafka;

fn main() -> ExitCode {
    kafka::run()
}
