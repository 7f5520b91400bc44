//! The service as its clients see it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on stops and says why")]

mod authentication;
mod bad_input;
mod changes;
mod clients;
mod clients_and_roles;
mod concurrency;
mod crashes;
mod dead_letters;
mod deployed;
mod deployment;
mod doctor;
mod drop_in;
mod end_to_end;
mod event_functions;
mod events;
mod functions;
mod hooks_cli;
mod hostile;
mod hygiene;
mod openapi;
mod operations;
mod owners;
mod poll;
mod process;
mod pulse;
mod references;
mod rust_client;
mod sam_local;
mod schedules;
mod tables;
mod template;
mod traces;
mod transfer;
mod transport;
mod triggering;
