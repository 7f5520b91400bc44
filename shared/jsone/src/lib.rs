//! JSON-e, compiled once and rendered many times, within bounds.
