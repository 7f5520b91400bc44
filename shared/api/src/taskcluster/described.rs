//! The services that documents describe, each at a mount of its own.

use super::route::{self, Route};
use super::routes::ROUTES;
use super::schemas::{SCHEMAS, Schema};
use crate::gates;

/// A service, as documents describe it.
pub struct Described {
    /// Its name, as paths of documents have it.
    pub name: &'static str,
    /// Where its routes are mounted.
    pub mount: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// What it does.
    pub description: &'static str,
    /// Its methods.
    pub routes: &'static [&'static Route],
    /// The schemas of their bodies, and of what else it says.
    pub schemas: &'static [&'static Schema],
}

/// Hooks.
pub static HOOKS: Described = Described {
    name: "hooks",
    mount: route::MOUNT,
    title: "Hooks API",
    description: "The hooks service creates tasks when something happens: a moment on a schedule, a call, a webhook, a \
                  message from a broker.",
    routes: ROUTES,
    schemas: SCHEMAS,
};

/// Gates.
pub static GATES: Described = Described {
    name: "gates",
    mount: gates::MOUNT,
    title: "Gates API",
    description: "Integrators are third parties that are asked before something happens (`pre-`) and told after it did \
                  (`post-`). Who they are is set here, and here is seen what was delivered to them, and what was not.",
    routes: gates::ROUTES,
    schemas: gates::SCHEMAS,
};

/// All of them.
pub static SERVICES: [&Described; 2] = [&HOOKS, &GATES];

impl Described {
    /// The path of its reference.
    pub fn reference_path(&self) -> String {
        route::reference_path(self.mount)
    }

    /// The path of its OpenAPI document.
    pub fn openapi_path(&self) -> String {
        format!("/references/{}/v1/openapi.json", self.name)
    }

    /// The path of one of its schemas.
    pub fn schema_path(&self, schema: &Schema) -> String {
        format!("/schemas/{}/v1/{}.json", self.name, schema.name)
    }
}
