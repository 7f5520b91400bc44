//! Names of clients and roles.

/// The longest client id, in bytes: what fits into a Hawk header beside the rest.
const MAX_CLIENT_ID_LEN: usize = 1024;

/// The longest role id, in bytes: a hook's role with both names at their longest fits, and so does a
/// DynamoDB key of it.
const MAX_ROLE_ID_LEN: usize = 2040;

/// Why a string can't name a client or a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Names have at least one character.
    #[error("a {what} has at least one character")]
    Empty {
        /// `client id` or `role id`.
        what: &'static str,
    },
    /// Names are bounded.
    #[error("a {what} of {len} bytes; at most {max} are allowed")]
    TooLong {
        /// `client id` or `role id`.
        what: &'static str,
        /// The length given.
        len: usize,
        /// The length allowed.
        max: usize,
    },
    /// A character that the name may not have.
    #[error("{what} {name:?} has the character {found:?}; allowed are {allowed}")]
    Character {
        /// `client id` or `role id`.
        what: &'static str,
        /// The name given.
        name: String,
        /// Its first character out of bounds.
        found: char,
        /// The characters allowed, for people.
        allowed: &'static str,
    },
    /// `**` at the end says no more than `*`.
    #[error("role id {name:?} ends in \"**\"; use a single \"*\"")]
    DoubleStar {
        /// The name given.
        name: String,
    },
}

/// Checks the name of a client: `[A-Za-z0-9!@/:.+|_-]+`, as Taskcluster's auth service has it.
pub fn check_client_id(id: &str) -> Result<(), NameError> {
    check("client id", id, MAX_CLIENT_ID_LEN, "letters, digits and !@/:.+|_-", |c| {
        c.is_ascii_alphanumeric() || "!@/:.+|_-".contains(c)
    })
}

/// Checks the name of a role: printable ASCII, as Taskcluster's auth service has it, and not ending in `**`.
pub fn check_role_id(id: &str) -> Result<(), NameError> {
    check("role id", id, MAX_ROLE_ID_LEN, "printable ASCII", |c| matches!(c, ' '..='~'))?;
    if id.ends_with("**") {
        return Err(NameError::DoubleStar { name: id.to_owned() });
    }
    Ok(())
}

fn check(
    what: &'static str,
    name: &str,
    max: usize,
    allowed: &'static str,
    is_allowed: impl Fn(char) -> bool,
) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty { what });
    }
    if name.len() > max {
        return Err(NameError::TooLong { what, len: name.len(), max });
    }
    match name.chars().find(|c| !is_allowed(*c)) {
        Some(found) => Err(NameError::Character { what, name: name.to_owned(), found, allowed }),
        None => Ok(()),
    }
}
