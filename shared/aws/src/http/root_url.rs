//! Where a Taskcluster deployment is, or another service's API.

use std::fmt;
use std::str::FromStr;

use http::Uri;

/// The root URL of a Taskcluster deployment: <https://docs.taskcluster.net/docs/manual/using/integration/apis>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootUrl {
    /// Without slashes at its end.
    text: String,
    host: String,
    port: u16,
    /// How many bytes of the text come before the path.
    origin: usize,
}

/// Why a text is no root URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a root URL is like https://tc.example.com, not {text:?}: {reason}")]
pub struct InvalidRootUrl {
    text: String,
    reason: &'static str,
}

impl RootUrl {
    /// The host, without port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, also where it is the scheme's own.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of `path`, which begins with a slash, and what of it a request line has.
    pub fn join(&self, path: &str) -> JoinedUrl {
        JoinedUrl { url: format!("{}{path}", self.text), origin: self.origin }
    }
}

/// A URL below a root URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinedUrl {
    url: String,
    origin: usize,
}

impl JoinedUrl {
    /// All of it.
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// From the path on.
    pub fn resource(&self) -> &str {
        &self.url[self.origin..]
    }
}

impl FromStr for RootUrl {
    type Err = InvalidRootUrl;

    fn from_str(text: &str) -> Result<Self, InvalidRootUrl> {
        let invalid = |reason| InvalidRootUrl { text: text.to_owned(), reason };
        let uri: Uri = text.parse().map_err(|_| invalid("it is no URL"))?;
        let (scheme, default_port) = match uri.scheme_str() {
            Some("https") => ("https", 443),
            Some("http") => ("http", 80),
            _ => return Err(invalid("it must begin with https:// or http://")),
        };
        let authority = uri.authority().ok_or_else(|| invalid("it has no host"))?;
        if authority.as_str().contains('@') {
            return Err(invalid("it must not have a user"));
        }
        if authority.port_u16().is_none() && authority.as_str() != authority.host() {
            return Err(invalid("its port must be a number up to 65535"));
        }
        if uri.query().is_some() || text.contains('#') {
            return Err(invalid("it must not have a query or a fragment"));
        }
        let origin = format!("{scheme}://{authority}");
        Ok(Self {
            host: authority.host().to_owned(),
            port: authority.port_u16().unwrap_or(default_port),
            text: format!("{origin}{}", uri.path().trim_end_matches('/')),
            origin: origin.len(),
        })
    }
}

impl fmt::Display for RootUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_urls() {
        for (text, url, resource, host, port) in [
            ("https://tc.example.com", "https://tc.example.com/ping", "/ping", "tc.example.com", 443),
            ("https://tc.example.com//", "https://tc.example.com/ping", "/ping", "tc.example.com", 443),
            ("http://tc/", "http://tc/ping", "/ping", "tc", 80),
            ("HTTP://localhost:8080/a/b/", "http://localhost:8080/a/b/ping", "/a/b/ping", "localhost", 8080),
            ("https://[::1]:443", "https://[::1]:443/ping", "/ping", "[::1]", 443),
        ] {
            let root: RootUrl = text.parse().unwrap();
            let joined = root.join("/ping");
            assert_eq!((joined.as_str(), joined.resource()), (url, resource), "{text}");
            assert_eq!((root.host(), root.port()), (host, port), "{text}");
        }
    }

    #[test]
    fn others() {
        for text in [
            "",
            "tc.example.com",
            "/tc",
            "ftp://tc",
            "https://",
            "https://u:p@tc",
            "https://tc?a",
            "https://tc#a",
            "https://t c",
            "https://tc:99999",
            "https://tc:",
            "https://tc:a",
        ] {
            assert!(text.parse::<RootUrl>().is_err(), "{text}");
        }
        assert_eq!(
            "tc.example.com".parse::<RootUrl>().unwrap_err().to_string(),
            "a root URL is like https://tc.example.com, not \"tc.example.com\": it must begin with https:// or http://"
        );
    }
}
