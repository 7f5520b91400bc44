//! The engine of Treble: what a hook is, when it fires, and what comes of it.
//!
//! Nothing here does I/O, reads a clock or draws a random number: time, ids and randomness are passed
//! in, and what the engine needs from outside is a [port](ports) that an adapter implements.

pub mod binding;
pub mod cds;
pub mod change;
pub mod consumer;
pub mod cron;
pub mod dead_letter;
pub mod definition;
pub mod fire;
pub mod firing;
pub mod gate;
pub mod hawk;
pub mod hook;
#[cfg(test)]
mod known_hooks;
pub mod notice;
pub mod notify;
pub mod ports;
pub mod publish;
pub mod pulse;
pub mod report;
pub mod schema;
pub mod scope;
pub mod secret;
pub mod slugid;
pub mod streak;
pub mod task;
pub mod template;
pub mod tick;
pub mod trace;
pub mod trigger_schema;
