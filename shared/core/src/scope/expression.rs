//! Scope expressions: what a request needs.

use serde_json::{Value, json};
use std::fmt;

use super::ScopeSet;

/// A scope expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// One scope.
    Scope(String),
    /// Each of these; satisfied when empty.
    AllOf(Vec<Expr>),
    /// At least one of these; never satisfied when empty.
    AnyOf(Vec<Expr>),
}

impl Expr {
    /// Whether the scopes satisfy the expression.
    pub fn is_satisfied_by(&self, held: &ScopeSet) -> bool {
        match self {
            Self::Scope(scope) => held.satisfies(scope),
            Self::AllOf(all) => all.iter().all(|e| e.is_satisfied_by(held)),
            Self::AnyOf(any) => any.iter().any(|e| e.is_satisfied_by(held)),
        }
    }

    /// What the scopes lack of the expression: nothing when they satisfy it, else the expression without its
    /// satisfied parts (an `AllOf` of one is that one).
    pub fn missing(&self, held: &ScopeSet) -> Option<Expr> {
        if self.is_satisfied_by(held) {
            return None;
        }
        Some(match self {
            Self::Scope(scope) => Self::Scope(scope.clone()),
            Self::AllOf(all) => {
                let mut missing: Vec<_> = all.iter().filter_map(|e| e.missing(held)).collect();
                if missing.len() == 1 { missing.remove(0) } else { Self::AllOf(missing) }
            }
            Self::AnyOf(any) => Self::AnyOf(any.iter().filter_map(|e| e.missing(held)).collect()),
        })
    }

    /// The expression as JSON: a string, or an object with one key, `AllOf` or `AnyOf`.
    pub fn to_json(&self) -> Value {
        let list = |of: &[Expr]| of.iter().map(Expr::to_json).collect::<Value>();
        match self {
            Self::Scope(scope) => Value::from(scope.as_str()),
            Self::AllOf(all) => json!({ "AllOf": list(all) }),
            Self::AnyOf(any) => json!({ "AnyOf": list(any) }),
        }
    }
}

/// The text of error messages: a plain scope as it is, anything else as JSON indented by two spaces.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scope(scope) => f.write_str(scope),
            _ => write!(f, "{:#}", self.to_json()),
        }
    }
}
