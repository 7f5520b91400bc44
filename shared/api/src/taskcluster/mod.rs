//! The dialect of Taskcluster's hooks service, `/api/hooks/v1`: the wire types are those of its v19
//! clients and later, the behaviour that of its v106 where this crate doesn't say otherwise.

pub mod body;
pub mod call;
pub mod delivered;
pub mod denied;
pub mod described;
pub mod documents;
pub mod done;
pub mod error;
mod failures;
mod json_text;
pub mod openapi;
mod place;
pub mod query;
pub mod references;
pub mod response;
pub mod route;
pub mod routes;
pub mod schemas;
pub mod service;
pub mod wire;

pub use routes::{ALL_ROUTES, ROUTES};
