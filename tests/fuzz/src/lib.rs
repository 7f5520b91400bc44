//! Fuzz targets: what reads a stranger's input, and what must hold of it whatever the input.
//!
//! A target is a module with two functions. `check` takes any bytes, asserts what must hold of them, and tells whether
//! they were well formed (so that it had much to assert). `seeds` are inputs to begin with, taken from the
//! tables of cases of other tests where there are such.
//!
//! `make fuzz` runs the targets under libFuzzer, which keeps what reaches further than anything before it and changes that.
//! The targets' tests run them over the seeds and over pieces of them, without a fuzzer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a target that finds something stops and says what"
)]

pub mod bewit;
pub mod body;
pub mod cron;
pub mod hawk_header;
mod input;
pub mod json_e;
pub mod path;
pub mod role_scopes;
pub mod trigger_schema;

/// A target as the programs around it see it.
pub struct Target {
    /// Its name, as `cargo fuzz` knows it.
    pub name: &'static str,
    /// Asserts what must hold of an input; whether it was well formed.
    pub check: fn(&[u8]) -> bool,
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

macro_rules! targets {
    ($($name:ident),* $(,)?) => {
        /// All targets.
        pub const TARGETS: &[Target] =
            &[$(Target { name: stringify!($name), check: $name::check, seeds: $name::seeds }),*];
    };
}

targets!(bewit, body, cron, hawk_header, json_e, path, role_scopes, trigger_schema);
