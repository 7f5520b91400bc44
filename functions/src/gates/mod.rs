//! Integrators: who administers them, the platform that asks and tells them, and what is delivered to them.
//!
//! - [`Use`] is what of it a function uses that answers a route of `/api/gates/v1`; [`hooks`] asks and tells of hooks.
//! - [`ccx`] answers the platform's calls, [`deliver`] works lanes off.

mod absent;
pub mod ccx;
pub mod deliver;
mod parts;

pub(crate) use parts::{GatesSettings, HookGates, hooks};
pub use parts::{Part, Use};
