//! JSON-e, compiled once and rendered many times, within bounds.
//!
//! [JSON-e](https://json-e.js.org) is a language for templates that are JSON themselves. This crate implements all of
//! version 4.8 for templates by strangers: whatever a template says, rendering it ends soon, in bounded memory and
//! stack, with a value or an [`Error`] that says what was wrong and where.
//!
//! ```
//! use serde_json::json;
//! use treble_jsone::{Context, Limits, Template};
//!
//! let template = Template::compile(&json!({
//!     "name": "build ${payload.branch}",
//!     "deadline": {"$fromNow": "2 hours"},
//! }))?;
//! let payload = json!({"branch": "main"});
//! let context = Context::new("2017-01-19T16:27:20.974Z").with("payload", &payload);
//! assert_eq!(
//!     template.render(&context, &Limits::default())?,
//!     Some(json!({"name": "build main", "deadline": "2017-01-19T18:27:20.974Z"})),
//! );
//! # Ok::<(), treble_jsone::Error>(())
//! ```
//!
//! Where the implementations of JSON-e differ, this one does what the JavaScript one does, with these exceptions:
//!
//! - operands that are missing (`1 +`, `[1,]`), properties that only resemble those of an operator, spans of time and
//!   instants that can't be read or are out of range, and sorting NaN are errors;
//! - texts are of characters, not of UTF-16 units: it shows when one is split by nothing or compared;
//! - `now` is a text, and integers beyond 2^53 are passed on without being rounded.

mod context;
mod engine;
mod error;
mod expression;
mod limits;
mod template;
mod value;

pub use context::Context;
pub use error::{Error, ErrorKind};
pub use limits::Limits;
pub use template::Template;
