//! Where integrators may be: nowhere inside.

use std::net::IpAddr;

/// What addresses are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressRules {
    /// Public ones, over HTTPS or HTTP.
    Public,
    /// Any: for one's own machine.
    Local,
}

/// A URL that is not called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is no URL that can be called.
    #[error("{url:?} is no URL of an integrator: {why}")]
    Url {
        /// It.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// It leads inside.
    #[error("{host} is {what}, where integrators can't be")]
    Forbidden {
        /// The host, as the URL says it.
        host: String,
        /// What kind of an address it has, e.g. "a loopback address".
        what: &'static str,
    },
}

impl AddressRules {
    /// What is forbidden about an address; None where it is allowed.
    pub fn forbidden(self, address: IpAddr) -> Option<&'static str> {
        let _ = address;
        None
    }
}

/// Checks a URL as it is saved, and once more before it is called: its scheme, its host, and that host's address where it is
/// one. Names are checked when they are resolved.
pub fn check_url(url: &str, rules: AddressRules) -> Result<(), AddressError> {
    let _ = (url, rules);
    Ok(())
}
