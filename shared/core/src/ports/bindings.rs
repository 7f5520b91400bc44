//! Where bindings are found by their exchange, and what a broker made of them.

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreError;
use crate::hook::{Binding, HookName};

/// One binding to an exchange, and the hook that has it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BoundHook {
    /// The pattern of routing keys.
    pub routing_key_pattern: String,
    /// The hook.
    pub hook: HookName,
}

/// Finds the hooks that are bound to an exchange.
#[async_trait]
pub trait BindingStore: Send + Sync {
    /// The bindings to an exchange. A hook whose definition has changed since may be among them.
    async fn bound_to(&self, exchange: &str) -> Result<Vec<BoundHook>, StoreError>;
}

/// Why a broker doesn't send what a hook is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindingProblem {
    /// The broker's words, e.g. that there is no such exchange.
    pub problem: String,
    /// Since when.
    pub since: Timestamp,
}

/// A binding as the bridge made it at the broker, or could not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeBinding {
    /// The binding.
    pub binding: Binding,
    /// Why it could not be made, if so.
    pub problem: Option<BindingProblem>,
}

/// What the bridge has bound its queue to. A broker doesn't tell, so that it has to be kept: what no hook wants any longer can
/// only be unbound by who remembers it.
#[async_trait]
pub trait BindingLedger: Send + Sync {
    /// All bindings that were, or were to be, made.
    async fn made(&self) -> Result<Vec<MadeBinding>, StoreError>;

    /// What is known of one.
    async fn find(&self, binding: &Binding) -> Result<Option<MadeBinding>, StoreError>;

    /// Notes a binding: before it is made, and again when that turns out otherwise.
    async fn note(&self, made: &MadeBinding) -> Result<(), StoreError>;

    /// Forgets a binding that was unmade.
    async fn forget(&self, binding: &Binding) -> Result<(), StoreError>;
}
