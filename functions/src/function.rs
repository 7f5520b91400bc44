//! What a function is.

use treble_api::request::Request;
use treble_api::taskcluster::response::Response;
use treble_api::taskcluster::route::Route;
use treble_api::taskcluster::service::About;

/// What a binary answers, and what it needs for that. Only what it names is linked.
#[derive(Clone, Copy)]
pub struct Function {
    /// The routes that it answers.
    pub routes: &'static [&'static Route],
    /// What else it answers, if anything.
    pub documents: Option<fn(&About, &Request) -> Option<Response>>,
    /// What its handlers use.
    pub uses: Uses,
}

/// What of a deployment the handlers of a function use. Whether a caller must be told from another is the routes' own matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uses {
    /// The table of hooks.
    pub hooks: bool,
    /// The table of fire records.
    pub fires: bool,
    /// The sink of tasks.
    pub sink: bool,
    /// The roles that hooks have, where the sink doesn't check these itself.
    pub roles: bool,
    /// The key that trigger tokens are derived from.
    pub master_key: bool,
}

impl Uses {
    /// Nothing at all.
    pub const NOTHING: Self =
        Self { hooks: false, fires: false, sink: false, roles: false, master_key: false };
    /// What has to answer for the service to be well.
    pub const HEARTBEAT: Self = Self { hooks: true, sink: true, ..Self::NOTHING };
    /// Hooks, and nothing else.
    pub const HOOKS: Self = Self { hooks: true, ..Self::NOTHING };
    /// Hooks and what came of their firings.
    pub const HOOKS_AND_FIRES: Self = Self { fires: true, ..Self::HOOKS };
    /// Hooks and their trigger tokens.
    pub const HOOKS_AND_TOKENS: Self = Self { master_key: true, ..Self::HOOKS };
    /// All that a firing needs.
    pub const FIRING: Self = Self { sink: true, roles: true, ..Self::HOOKS_AND_FIRES };
    /// All there is.
    pub const EVERYTHING: Self = Self { master_key: true, ..Self::FIRING };
}

impl Function {
    /// Whether a route of it asks who calls.
    pub(crate) fn authenticates(&self) -> bool {
        self.routes.iter().any(|route| route.scopes.is_some())
    }
}
