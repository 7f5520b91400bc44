//! The dialect of CDS as functions: one for each of its routes, and those that nobody calls.
//!
//! - [`answer`] runs a route's function; [`Uses`] says what that needs beside the hash that callers show.
//! - `parts` are what all of these are made of; `processor` does executions, within the function that fires hooks.
//! - [`beat`] tells CDS that the service is there; [`synchronize`] compares tasks with what CDS knows.

mod api;
mod beat;
mod parts;
mod processor;
mod synchronize;

pub use api::{Uses, answer};
pub use beat::run as beat;
pub(crate) use processor::processor;
pub use synchronize::run as synchronize;
