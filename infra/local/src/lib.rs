//! Treble in one process.

pub mod journal;
