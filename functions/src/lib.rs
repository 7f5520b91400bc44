//! Treble as Lambdas: one thin binary per API route, in `src/bin`, over the same handlers as the local server's.
//!
//! - A [`Function`] is which routes a binary answers and what they use.
//! - `settings` are read from the environment once; `parts` makes of them what the function uses, and nothing else.
//! - `event` and `reply` translate between API Gateway's HTTP API (payload format 2.0) and the dialects' messages.
//! - `serve` is the loop: an event, its reply.

mod absent;
mod event;
mod function;
mod logs;
mod parts;
mod reply;
mod serve;
mod settings;

pub use function::{Function, Uses};
pub use serve::run;
