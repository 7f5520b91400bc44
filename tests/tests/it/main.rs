//! The service as its clients see it.
#![allow(clippy::unwrap_used, reason = "a test that can't go on stops and says why")]

mod hygiene;
