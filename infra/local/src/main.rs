//! Treble in one process.

fn main() {}
