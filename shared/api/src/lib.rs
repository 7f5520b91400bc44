//! The public HTTP dialects of Treble.

pub mod auth;
