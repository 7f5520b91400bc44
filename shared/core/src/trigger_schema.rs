//! Trigger schemas.
