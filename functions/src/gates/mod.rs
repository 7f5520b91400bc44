//! Integrators: who administers them, the platform that asks and tells them, and what is delivered to them.
//!
//! - [`Use`] is what a function uses that answers a route of `/api/gates/v1`; `asking` makes what asks and tells.
//! - [`ccx`] answers the platform's calls, [`deliver`] works lanes off.

mod absent;
pub mod ccx;
pub mod deliver;
mod parts;

pub use parts::Use;
pub(crate) use parts::{GatesSettings, HookGates, asking};
