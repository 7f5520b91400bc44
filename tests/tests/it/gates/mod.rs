//! Gates: a platform that calls by CCX's dialect, integrators that are asked and told, and whoever administers them.

mod addresses;
mod answers;
mod commands;
mod crashes;
mod deliveries;
mod hooks;
mod lanes;
mod protocols;
mod signatures;
mod words;
