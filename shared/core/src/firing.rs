//! firing.
