//! The dialect of OVH CDS's hooks service: `/webhook/…`, `/task…`, `/mon/…`, `/admin/maintenance`, with its wire shapes, over
//! the same engine as the other one.
//!
//! - `route` is what a row of the table is, [`ROUTES`] the table, [`routes`] its handlers.
//! - `service` is the checks that all routes share; `auth` who calls, by the hash of the service's registration.
//! - `accept` is how an execution comes to be: stored, then sent, then answered.
//! - `pending` are executions that nobody has stored, as they follow from a schedule.
//! - `pages` reads all tasks and their counts by pages, whatever their number.
//! - `wire` are the shapes of tasks and executions, `headers` those of a webhook's headers.

mod accept;
mod auth;
pub mod call;
pub mod error;
mod figures;
mod headers;
mod pages;
mod pending;
pub mod response;
pub mod route;
pub mod routes;
pub mod service;
#[cfg(test)]
mod tests;
mod wire;

pub use route::Route;
pub use routes::ROUTES;
pub use service::{Memory, Service};

/// Whether a path is one of this dialect's, for who serves several.
pub fn is_path(path: &str) -> bool {
    let path = path.strip_prefix('/').unwrap_or(path);
    let first = path.split('/').next().unwrap_or_default();
    matches!(first, "webhook" | "task" | "mon") || path.trim_end_matches('/') == "admin/maintenance"
}
