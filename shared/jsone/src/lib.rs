//! JSON-e, compiled once and rendered many times, within bounds.

#![allow(dead_code)]

mod context;
mod error;
mod limits;
mod template;

pub use context::Context;
pub use error::{Error, ErrorKind};
pub use limits::Limits;
pub use template::Template;
