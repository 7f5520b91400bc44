//! Asking, telling and delivering, over stores in memory, endpoints by script and a clock that goes on as it is needed.

mod deliver;
mod endpoint;
mod lanes;
mod run;
mod stores;
mod world;

pub(crate) use endpoint::{Answer, Endpoint};
pub(crate) use world::{Fault, World, at, integrator, now, set_now};
