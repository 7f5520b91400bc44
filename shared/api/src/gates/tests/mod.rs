mod changes;
mod deliveries;
mod integrators;
mod routes;
mod stores;
pub(crate) mod world;
