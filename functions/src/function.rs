//! What a function is.

use std::slice;

use treble_api::taskcluster::ROUTES;
use treble_api::taskcluster::route::Route;

/// What a binary answers, and what it needs for that.
#[derive(Clone, Copy)]
pub struct Function {
    /// The route that it answers; None for everything that a deployment has.
    route: Option<&'static Route>,
    /// What its handlers use.
    pub(crate) uses: Uses,
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
    /// The function of the gateway's `$default` route: documents, what is asked in vain, and any route whose path a
    /// gateway that decodes paths could not tell.
    pub const EVERYTHING: Self = Self { route: None, uses: Uses::EVERYTHING };

    /// The function of a route.
    pub const fn of(route: &'static Route, uses: Uses) -> Self {
        Self { route: Some(route), uses }
    }

    /// The routes that it answers.
    pub(crate) fn routes(&self) -> &[&'static Route] {
        self.route.as_ref().map_or(ROUTES, slice::from_ref)
    }

    /// Whether it answers documents, too.
    pub(crate) fn is_everything(&self) -> bool {
        self.route.is_none()
    }

    /// Whether a route of it asks who calls.
    pub(crate) fn authenticates(&self) -> bool {
        self.routes().iter().any(|route| route.scopes.is_some())
    }
}
