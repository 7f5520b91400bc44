//! Where integrators may be: nowhere inside.

mod ip;

use std::net::IpAddr;

use url::{Host, Url};

/// The longest URL, in bytes.
const MAX_URL_BYTES: usize = 2048;

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
        match (self, address) {
            (Self::Local, _) => None,
            (Self::Public, IpAddr::V4(address)) => ip::inside_v4(address),
            (Self::Public, IpAddr::V6(address)) => ip::inside_v6(address),
        }
    }

    /// The same of a name, before it is resolved: names that lead inside wherever they are resolved.
    fn forbidden_name(self, name: &str) -> Option<&'static str> {
        let name = name.trim_end_matches('.');
        let is_under =
            |zone: &str| name == zone || name.strip_suffix(zone).is_some_and(|rest| rest.ends_with('.'));
        match self {
            Self::Local => None,
            Self::Public if is_under("localhost") => Some("a loopback name"),
            Self::Public if !name.contains('.') => Some("a name without a domain"),
            Self::Public if ["internal", "local", "localdomain", "home.arpa"].into_iter().any(is_under) => {
                Some("a name of a private network")
            }
            Self::Public => None,
        }
    }
}

/// Checks a URL as it is saved, and once more before it is called: its scheme, its host, and that host's address where it is
/// one. Names are checked when they are resolved.
///
/// A slash at its end doesn't matter here; whoever saves it leaves it out.
pub fn check_url(url: &str, rules: AddressRules) -> Result<(), AddressError> {
    let wrong = |why| AddressError::Url { url: shown(url), why };
    let written = written_host(url).map_err(wrong)?;
    let parsed = Url::parse(url).map_err(|_| wrong("it can't be read"))?;
    let (forbidden, usual) = match parsed.host() {
        None => return Err(wrong("it has no host")),
        Some(Host::Domain(name)) => (rules.forbidden_name(name), name.eq_ignore_ascii_case(written)),
        // What is one address here is to be that address for whoever calls it: no `0x7f.1`, no `2130706433`.
        Some(Host::Ipv4(address)) => (rules.forbidden(address.into()), address.to_string() == written),
        Some(Host::Ipv6(address)) => (rules.forbidden(address.into()), true),
    };
    if let Some(what) = forbidden {
        return Err(AddressError::Forbidden { host: written.to_owned(), what });
    }
    if usual {
        Ok(())
    } else {
        Err(wrong("its host is to be written as a name, or as an address like 192.0.2.1 or [2001:db8::1]"))
    }
}

/// The host as it is written, once all is refused that URL parsers read in different ways.
fn written_host(url: &str) -> Result<&str, &'static str> {
    if url.len() > MAX_URL_BYTES {
        return Err("it is longer than 2048 bytes");
    }
    if !url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return Err("it has characters that are to be percent-encoded, or written as Punycode in its host");
    }
    let (scheme, rest) = url.split_once("://").ok_or("it must begin with https:// or http://")?;
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err("it must begin with https:// or http://");
    }
    if rest.contains(['?', '#']) {
        return Err("it has a query or a fragment, which can't be before a path");
    }
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.contains('@') {
        return Err("it has a user or a password; requests are signed instead");
    }
    let host = match authority.rsplit_once(':') {
        Some((_, "")) => return Err("its port is missing after the colon"),
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    if host.is_empty() { Err("it has no host") } else { Ok(host) }
}

/// A URL as an error says it: neither a password nor all of what is much too long.
fn shown(url: &str) -> String {
    let without_user = match url.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            match rest[..end].rfind('@') {
                Some(at) => format!("{scheme}://…{}", &rest[at..]),
                None => url.to_owned(),
            }
        }
        None => url.to_owned(),
    };
    match without_user.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &without_user[..end]),
        None => without_user,
    }
}

#[cfg(test)]
mod tests;
