//! `make bench`: what Treble costs, beside what it may cost.
//!
//! The figures are CPU time of the process that is measured, user and system, and none of anybody else's: requests come
//! from here, and DynamoDB and SQS are an [`emulator`] here as well.
//!
//! - [`load`] calls a local server, [`lambda`] is what runs a function; both do [`operation`]s.
//! - [`floor`] makes the same calls of AWS with the bare SDK, and nothing else.
//! - [`served`], [`cold`], [`engine`], [`schedule`], [`cds`] and [`gates`] measure; [`report`] is the table that they fill.
//!
//! `cargo bench -p treble-tests -- PART…` measures parts only: `served`, `cold`, `engine`, `schedule`, `cds`, `gates`.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that can't go on stops and says why; its output is a table"
)]

mod cds;
mod cold;
mod cpu;
mod emulator;
mod engine;
mod floor;
mod gates;
mod lambda;
mod load;
mod operation;
mod report;
mod runtime_api;
mod schedule;
mod served;

use report::Row;

fn main() {
    // Cargo adds `--bench`.
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    if let [floor, operation, workers] = &arguments[..]
        && floor == "floor"
    {
        return floor::main(operation, workers.parse().unwrap());
    }
    let asked = |part: &str| arguments.is_empty() || arguments.iter().any(|argument| argument == part);
    let of_functions = ["served", "cold", "schedule"];
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut rows: Vec<Row> = Vec::new();
    if asked("engine") {
        engine::measure(&mut rows);
    }
    runtime.block_on(async {
        if of_functions.into_iter().any(asked) {
            let deployment = load::Deployment::start().await;
            if asked("served") {
                served::measure(&deployment, &mut rows).await;
            }
            if asked("cold") {
                cold::measure(&deployment, &mut rows).await;
            }
            if asked("schedule") {
                // It takes long, and a function that fails there ends the program: what is known is told before.
                report::print(&rows);
                rows.clear();
                schedule::measure(&deployment, &mut rows).await;
            }
        }
        if asked("cds") {
            report::print(&rows);
            rows.clear();
            // Nothing else is due there.
            let deployment = load::Deployment::start().await;
            cds::measure(&deployment, &mut rows).await;
        }
        if asked("gates") {
            report::print(&rows);
            rows.clear();
            gates::measure(&mut rows).await;
        }
    });
    report::print(&rows);
}
