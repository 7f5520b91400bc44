//! The dialect of CCX: a platform that manages clusters asks integrators, and tells them, by unary RPC in the Connect protocol. The
//! same service speaks gRPC where a server lets it, and gRPC-Web.
//!
//! - `calls` are the eight calls, `fields` what integrators get of each.
//! - [`Connect`] is the service for a server of HTTP: who calls is checked there, before anything of a body is read.
//! - `respond` answers requests that are there as a whole, as Lambda has them.

mod auth;
mod calls;
mod connect;
mod error;
mod fields;
mod respond;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use treble_core::gate::Gates;

pub use connect::Connect;

/// Where the dialect's routes are: `/treble.ccx.v1.HookService/<Method>`.
pub const MOUNT: &str = "/treble.ccx.v1.HookService/";

/// Whether a request for this path is for the dialect.
pub fn is_path(path: &str) -> bool {
    path.starts_with(MOUNT)
}

/// What the dialect's calls are answered with.
pub struct Service {
    /// Who is asked and told.
    pub gates: Gates,
    /// The tokens of which callers show one; none where anybody may call.
    pub tokens: Vec<String>,
}

impl Service {
    /// The service, for requests of any of its protocols.
    pub fn connect(self: Arc<Self>) -> Connect {
        Connect::new(self)
    }
}
