//! Scopes: what a caller may do, as Taskcluster has them.
//!
//! A *scope* is a string of printable ASCII; a final `*` stands for every continuation. A [`ScopeSet`] is what
//! a caller holds, an [`Expr`] what a route asks for, written as a [`ScopeTemplate`] in the table of routes.
//! [`Roles`] turn `assume:<roleId>` into the scopes of that role, recursively.
//!
//! The rules are those of Taskcluster's documentation: <https://docs.taskcluster.net/docs/reference/platform/auth/scopes>
//! and <https://docs.taskcluster.net/docs/reference/platform/auth/roles>.

mod cycles;
mod expression;
mod index;
mod names;
mod roles;
mod set;
mod template;

pub use cycles::RoleCycle;
pub use expression::Expr;
pub use names::{NameError, check_client_id, check_role_id};
pub use roles::{PARAMETER, Roles, check_role_scopes};
pub use set::ScopeSet;
pub use template::{ScopeTemplate, UnknownParameter};

/// What every scope that names a role starts with.
pub const ASSUME: &str = "assume:";

/// The longest scope accepted in a client, a role or a certificate, in bytes: room for `assume:hook-id:` and
/// a hook's two names of a thousand characters.
pub const MAX_SCOPE_LEN: usize = 4096;

/// Why a string can't be used as a scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// Scopes are printable ASCII.
    #[error("scope {scope:?} has the character {found:?}; scopes are printable ASCII, space to tilde")]
    NotPrintable {
        /// The scope as given.
        scope: String,
        /// Its first character out of bounds.
        found: char,
    },
    /// Longer than [`MAX_SCOPE_LEN`].
    #[error("scope of {len} bytes starting with {start:?}; a scope has at most {MAX_SCOPE_LEN} bytes")]
    TooLong {
        /// Its length in bytes.
        len: usize,
        /// Its first characters.
        start: String,
    },
    /// `**` at the end satisfies `x*` in some readings and less than `x*` in others, so nobody may be given it.
    #[error("scope {scope:?} ends in \"**\"; use a single \"*\"")]
    DoubleStar {
        /// The scope as given.
        scope: String,
    },
    /// A role's scope has one parameter at most.
    #[error("scope {scope:?} has \"<..>\" more than once; a role's scope has at most one")]
    ParameterTwice {
        /// The scope as given.
        scope: String,
    },
    /// `*<..>` would be a wildcard or not, depending on the parameter.
    #[error("scope {scope:?} has \"*<..>\"; the parameter may not follow a star")]
    ParameterAfterStar {
        /// The scope as given.
        scope: String,
    },
}

/// Checks that a string is a scope: printable ASCII, of a bounded length. The empty scope is one.
pub fn check_scope(scope: &str) -> Result<(), ScopeError> {
    if let Some(found) = scope.chars().find(|c| !matches!(c, ' '..='~')) {
        return Err(ScopeError::NotPrintable { scope: scope.chars().take(200).collect(), found });
    }
    if scope.len() > MAX_SCOPE_LEN {
        return Err(ScopeError::TooLong { len: scope.len(), start: scope.chars().take(50).collect() });
    }
    Ok(())
}

/// Checks that a scope can be given to a client or a role: a scope that doesn't end in `**`.
pub fn check_grantable(scope: &str) -> Result<(), ScopeError> {
    check_scope(scope)?;
    if scope.ends_with("**") {
        return Err(ScopeError::DoubleStar { scope: scope.to_owned() });
    }
    Ok(())
}

/// Whether holding one scope is enough where another is wanted.
///
/// A scope without a final `*` stands for itself, `prefix*` for everything that starts with the prefix, and one
/// satisfies another when it stands for all that the other stands for. So `a:**` doesn't satisfy `a:*`: whoever
/// has the former could otherwise hand out more than they hold.
pub fn satisfies(held: &str, wanted: &str) -> bool {
    match held.strip_suffix('*') {
        Some(prefix) => wanted.strip_suffix('*').unwrap_or(wanted).starts_with(prefix),
        None => held == wanted,
    }
}

#[cfg(test)]
mod tests;
