//! What authentication sees of a request.

use std::borrow::Cow;

use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::request::Parts;
use treble_core::hawk::{Target, split_bewit};

/// A host and a port that a client may have asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Without port.
    pub host: String,
    /// Also where it is the scheme's own.
    pub port: u16,
}

/// An HTTP request, as far as its signature covers it.
#[derive(Debug, Clone)]
pub struct SignedRequest<'r> {
    /// The method.
    pub method: &'r str,
    /// Path and query as sent; where that isn't known for certain, what it may have been, likeliest first.
    pub resources: Vec<Cow<'r, str>>,
    /// Whom the client asked; where that isn't known for certain, likeliest first.
    pub origins: Vec<Origin>,
    /// The `Authorization` header; empty, if it isn't text.
    pub authorization: Option<&'r str>,
    /// The `Content-Type` header.
    pub content_type: Option<&'r str>,
    /// The body, where it is at hand to be checked.
    pub body: Option<&'r [u8]>,
}

impl<'r> SignedRequest<'r> {
    /// Takes what is signed from a request's parts, and its body, if that is to be checked.
    pub fn new(parts: &'r Parts, body: Option<&'r [u8]>) -> Self {
        let resource = parts.uri.path_and_query().map_or("/", |resource| resource.as_str());
        let authorization = parts.headers.get(AUTHORIZATION);
        Self {
            method: parts.method.as_str(),
            resources: vec![Cow::Borrowed(resource)],
            origins: origins(parts),
            authorization: authorization.map(|value| value.to_str().unwrap_or_default()),
            content_type: parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()),
            body,
        }
    }

    /// Adds what else the client may have sent as path and query: a gateway delivers the path decoded, and the
    /// signature is over the encoded one.
    #[must_use]
    pub fn or_resource(mut self, resource: impl Into<Cow<'r, str>>) -> Self {
        let resource = resource.into();
        if !self.resources.contains(&resource) {
            self.resources.push(resource);
        }
        self
    }

    /// The bewit in the URL, if there is one.
    pub(super) fn bewit(&self) -> Option<&str> {
        Some(split_bewit(self.resources.first()?)?.1)
    }

    /// Whether what the client may have signed meets a condition.
    pub(super) fn any_target(&self, condition: impl Fn(&Target<'_>) -> bool) -> bool {
        self.resources.iter().any(|resource| self.any_origin(resource, &condition))
    }

    /// The same for a bewit, which is over the URL without it.
    pub(super) fn any_target_without_bewit(&self, condition: impl Fn(&Target<'_>) -> bool) -> bool {
        let mut stripped = self.resources.iter().filter_map(|resource| Some(split_bewit(resource)?.0));
        stripped.any(|resource| self.any_origin(&resource, &condition))
    }

    fn any_origin(&self, resource: &str, condition: &impl Fn(&Target<'_>) -> bool) -> bool {
        self.origins.iter().any(|Origin { host, port }| {
            condition(&Target { method: self.method, resource, host, port: *port })
        })
    }
}

/// Host and port from the headers: what proxies say of the client's request comes before `Host`.
///
/// The port is that of `x-forwarded-port`, else 443 if `x-forwarded-proto` is `https`, else the one in `Host`,
/// else 80, as Taskcluster's services have it. When it is only the scheme's own, and the host is named with another
/// one, that is tried too.
fn origins(parts: &Parts) -> Vec<Origin> {
    let headers = &parts.headers;
    let forwarded = first(headers, "x-forwarded-host").map(split_port);
    // HTTP/2 has the host in the URI.
    let in_uri = || Some((parts.uri.host()?, parts.uri.port_u16()));
    let named = headers.get(HOST).and_then(|value| value.to_str().ok()).map(split_port).or_else(in_uri);
    let (host, explicit) = forwarded.or(named).unwrap_or_default();
    let is_https = first(headers, "x-forwarded-proto").is_some_and(|p| p.eq_ignore_ascii_case("https"));
    let ports = match first(headers, "x-forwarded-port").and_then(|port| port.parse().ok()) {
        Some(port) => [Some(port), None],
        None if is_https => [Some(443), explicit.filter(|port| *port != 443)],
        None => [Some(explicit.unwrap_or(80)), None],
    };
    ports.into_iter().flatten().map(|port| Origin { host: host.to_owned(), port }).collect()
}

/// The first of a header's values: the one that the proxy nearest to the client added.
fn first<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let value = headers.get(name)?.to_str().ok()?.split(',').next()?.trim();
    (!value.is_empty()).then_some(value)
}

/// `host:port`, `[v6]:port` or either without port.
fn split_port(host: &str) -> (&str, Option<u16>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => match port.parse() {
            Ok(port) => (name, Some(port)),
            Err(_) => (host, None),
        },
        _ => (host, None),
    }
}
