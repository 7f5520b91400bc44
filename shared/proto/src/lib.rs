//! The protocol of the `ccx` dialect: `treble/ccx/v1/hook_service.proto`, and what is generated of it: messages with protobuf's
//! encoding and its JSON, the trait of the service, a client.

// What is generated has the definition's comments, as far as there are any.
#![allow(missing_docs, unreachable_pub, clippy::all, rust_2018_idioms)]

include!(concat!(env!("OUT_DIR"), "/protocol.rs"));

/// The definition itself, for whoever generates a client of their own.
pub const DEFINITION: &str = include_str!("../treble/ccx/v1/hook_service.proto");
