//! What a function is.

use std::sync::Arc;

use treble_api::auth::Authenticator;
use treble_api::request::Request;
use treble_api::taskcluster::response::Response;
use treble_api::taskcluster::route::Route;
use treble_api::taskcluster::service::About;
use treble_aws::settings::AuthChoice;
use treble_core::ports::{BindingLedger, Credentials, FireStore, HealthStore, HookStore, Sink};
use treble_core::secret::MasterKey;

use crate::gates::{self, HookGates};
use crate::parts::{self, Aws, Reading};
use crate::settings::LambdaSink;

/// What a binary answers, and what it needs for that. Only what it names is linked.
#[derive(Clone, Copy)]
pub struct Function {
    /// The routes that it answers.
    pub routes: &'static [&'static Route],
    /// What else it answers, if anything.
    pub documents: Option<fn(&About, &Request) -> Option<Response>>,
    /// What it needs for that.
    pub uses: Uses,
}

type MakeHooks = fn(&Aws, String) -> Arc<dyn HookStore>;
type MakeHealth = fn(&Aws, String) -> Arc<dyn HealthStore>;
type MakeBindings = fn(&Aws, String) -> Arc<dyn BindingLedger>;
type MakeFires = fn(&Aws, String) -> Arc<dyn FireStore>;
type MakeSink = fn(Option<&Aws>, LambdaSink) -> Arc<dyn Sink>;
type MakeAuthenticator = fn(&AuthChoice, &Arc<dyn Credentials>) -> Arc<dyn Authenticator>;
type MakeCredentials = fn(&Aws, (String, &MasterKey)) -> Arc<dyn Credentials>;

/// What of a deployment a function uses.
///
/// Each part is the function that makes it, so that a binary that doesn't use a part doesn't have its code either: of what
/// is chosen when it runs, the linker could leave out nothing.
#[derive(Clone, Copy)]
pub struct Uses {
    /// The table of hooks.
    pub(crate) hooks: Option<MakeHooks>,
    /// How the hooks in it have been doing.
    pub(crate) health: Option<MakeHealth>,
    /// What the bridge made of their bindings.
    pub(crate) bindings: Option<MakeBindings>,
    /// The table of fire records.
    pub(crate) fires: Option<MakeFires>,
    /// The sink of tasks.
    pub(crate) sink: Option<MakeSink>,
    /// Who tells callers from one another.
    pub(crate) callers: Option<MakeAuthenticator>,
    /// The table of clients and roles, where callers or a sink need it.
    pub(crate) credentials: Option<MakeCredentials>,
    /// The deployment's secret, which that table is sealed with.
    pub(crate) master_key: Option<fn(&Aws, String) -> Reading>,
    /// Whether trigger tokens are derived from it as well.
    pub(crate) tokens: bool,
    /// Integrators, for who administers them.
    pub(crate) gates: Option<gates::Use>,
    /// Who is asked and told of hooks.
    pub(crate) hook_gates: Option<HookGates>,
}

impl Uses {
    /// Nothing at all.
    pub const NOTHING: Self = Self {
        hooks: None,
        health: None,
        bindings: None,
        fires: None,
        sink: None,
        callers: None,
        credentials: None,
        master_key: None,
        tokens: false,
        gates: None,
        hook_gates: None,
    };
    /// What has to answer for the service to be well.
    pub const HEARTBEAT: Self = Self { hooks: Some(parts::hooks), sink: Some(parts::sink), ..Self::NOTHING };
    /// Hooks, for callers who may be asked who they are.
    pub const HOOKS: Self = Self {
        hooks: Some(parts::hooks),
        callers: Some(parts::authenticator),
        credentials: Some(parts::credentials),
        master_key: Some(parts::master_key),
        ..Self::NOTHING
    };
    /// Hooks that are changed.
    pub const CHANGED_HOOKS: Self = Self { hook_gates: Some(gates::asking), ..Self::HOOKS };
    /// Hooks and what came of their firings.
    pub const HOOKS_AND_FIRES: Self = Self { fires: Some(parts::fires), ..Self::HOOKS };
    /// All that is told of how a hook is doing.
    pub const STATUS: Self = Self { bindings: Some(parts::bindings), ..Self::HOOKS_AND_FIRES };
    /// Hooks and their trigger tokens.
    pub const HOOKS_AND_TOKENS: Self = Self { tokens: true, ..Self::HOOKS };
    /// All that a firing needs.
    pub const FIRING: Self = Self {
        sink: Some(parts::sink),
        health: Some(parts::health),
        hook_gates: Some(gates::asking),
        ..Self::HOOKS_AND_FIRES
    };
    /// The same where nobody calls.
    pub const FIRING_FROM_A_QUEUE: Self = Self { callers: None, ..Self::FIRING };
    /// The same for callers who show a token, whoever they are.
    pub const FIRING_BY_TOKEN: Self = Self { tokens: true, ..Self::FIRING_FROM_A_QUEUE };
    /// Integrators, for callers who are asked who they are.
    pub const fn gates(gates: gates::Use) -> Self {
        Self { gates: Some(gates), hooks: None, ..Self::HOOKS }
    }

    /// All there is.
    pub const EVERYTHING: Self = Self { tokens: true, bindings: Some(parts::bindings), ..Self::FIRING };
}
