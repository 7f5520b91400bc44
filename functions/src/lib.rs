//! Treble as Lambdas: one thin binary for each, in `src/bin`, over the same handlers as the local server's.
//!
//! - A [`Function`] is which routes a binary answers and what they use; `serve` is its loop: an event, its reply.
//! - `settings` are read from the environment once; `parts` makes of them what the function uses, and nothing else.
//! - `event` and `reply` translate between API Gateway's HTTP API (payload format 2.0) and the dialects' messages.
//! - [`tick`] is the clock's work; [`firings`] does what waits in the queue, `messages` at a time; [`pulse`] fires from a
//!   broker's messages, [`kafka`] from the records of topics, [`poll`] from what happened in repositories.
//! - [`publish_changes`] takes what changed from the hooks table's stream to the event bus, [`tell_owner`] from there to
//!   hooks' owners.
//! - [`cds`] is the dialect of CDS, its routes and what goes on beside them.
//! - [`gates`] is who administers integrators, who asks and tells them, and what is delivered to them.
//! - `start` is how all of them begin.

mod absent;
pub mod cds;
mod event;
pub mod firings;
mod function;
pub mod gates;
pub mod kafka;
mod logs;
mod messages;
mod metrics;
mod parts;
pub mod poll;
pub mod publish_changes;
pub mod pulse;
mod reply;
mod serve;
mod settings;
mod start;
pub mod tell_owner;
pub mod tick;

pub use function::{Function, Uses};
pub use serve::run;
