//! The stores on an embedded DynamoDB, through the SDK.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail a test like the test itself")]

mod auth;
mod bound;
mod calls;
mod dead_letters;
mod due;
mod executions;
mod fires;
mod flaky;
mod foreign;
mod gates;
mod health;
mod hooks;
mod model;
mod pages;
mod repositories;
mod restore;
mod rivals;
mod service_state;
mod support;
