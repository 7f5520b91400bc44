//! Writes the targets' seeds into `DIRECTORY/<target>/`, a file each, for the fuzzer to begin with.
#![allow(clippy::expect_used, clippy::print_stderr, reason = "a program for the Makefile")]

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use treble_fuzz::TARGETS;

fn main() -> ExitCode {
    let Some(directory) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: seeds DIRECTORY");
        return ExitCode::FAILURE;
    };
    for target in TARGETS {
        let directory = directory.join(target.name);
        fs::create_dir_all(&directory).expect("a directory for the seeds");
        for (number, seed) in (target.seeds)().into_iter().enumerate() {
            fs::write(directory.join(format!("seed-{number}")), seed).expect("a seed's file");
        }
    }
    ExitCode::SUCCESS
}
