//! The public HTTP dialects of Treble: routes, authentication, wire shapes, errors.

pub mod auth;
pub mod ccx;
pub mod cds;
mod content;
pub mod gates;
pub mod request;
pub mod taskcluster;
