//! What a route is, and how a path finds its route.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;

use http::Method;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use treble_core::gate::{DeliveryId, IntegratorName};
use treble_core::hook::{is_group_id, is_hook_id};
use treble_core::scope::ScopeTemplate;

use super::call::{Call, Reply};
use super::error::{ApiError, Code};
pub use super::place::{Place, below_mount, reference_path};
use super::schemas::Schema;
use super::service::Service;

/// Where the dialect's routes are mounted.
pub const MOUNT: &str = "/api/hooks/v1";

/// What a handler returns.
pub type Handling<'a> = Pin<Box<dyn Future<Output = Result<Reply, ApiError>> + Send + 'a>>;

/// What answers a call that passed every check of the route.
pub type Handler = for<'a> fn(&'a Service, &'a mut Call) -> Handling<'a>;

/// How far clients may rely on a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stability {
    /// It stays as it is.
    Stable,
    /// It may change.
    Experimental,
    /// There is a better one.
    Deprecated,
}

impl Stability {
    /// The word that references use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Experimental => "experimental",
            Self::Deprecated => "deprecated",
        }
    }
}

/// A parameter of a path or a query whose values are checked.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What its value must match, as clients are told.
    pub pattern: &'static str,
    /// Whether a value does.
    pub matches: fn(&str) -> bool,
}

/// The parameters of paths that are checked, wherever they stand.
pub const PATH_PARAMETERS: &[Parameter] = &[
    Parameter { name: "hookGroupId", pattern: "/^[a-zA-Z0-9-_]{1,1000}$/", matches: is_group_id },
    Parameter { name: "hookId", pattern: "/^[a-zA-Z0-9-_/]{1,1000}$/", matches: is_hook_id },
    Parameter { name: "integrator", pattern: "/^[a-zA-Z0-9_.-]{1,100}$/", matches: IntegratorName::is_valid },
    Parameter {
        name: "deliveryId",
        pattern: "/^msg_[0-9a-f]{32}$/",
        matches: |id| id.parse::<DeliveryId>().is_ok(),
    },
];

/// One method of the API: the one place that says what it is called, where it is and who may call it.
pub struct Route {
    /// The method's name in clients, e.g. `createHook`.
    pub name: &'static str,
    /// The HTTP method; HEAD goes wherever GET does.
    pub method: Method,
    /// Where it is mounted: [`MOUNT`], or that of another service.
    pub mount: &'static str,
    /// The path below its mount, parameters in angle brackets: `/hooks/<hookGroupId>`.
    pub path: &'static str,
    /// The first segment of where it answers outside the mount too, by any method, whatever follows: the place that
    /// monitoring knows. None for most.
    pub alias: Option<&'static str>,
    /// What the caller needs; None where anybody may call.
    pub scopes: Option<ScopeTemplate>,
    /// The query parameters that it takes.
    pub query: &'static [Parameter],
    /// The schema of its body; None where a body is ignored.
    pub input: Option<&'static Schema>,
    /// The schema of its reply; None where that is empty or not JSON worth describing.
    pub output: Option<&'static Schema>,
    /// The errors of its own, beside those of the checks that routes share.
    pub errors: &'static [Code],
    /// A name for people.
    pub title: &'static str,
    /// What it does, for people: Markdown.
    pub description: &'static str,
    /// The heading it stands under.
    pub category: &'static str,
    /// How far clients may rely on it.
    pub stability: Stability,
    /// What answers it.
    pub handler: Handler,
}

impl Route {
    /// What most routes share: GET, open to all, stable; answered by `{}` until a handler is named.
    pub const DEFAULT: Self = Self {
        name: "",
        method: Method::GET,
        mount: MOUNT,
        path: "",
        alias: None,
        scopes: None,
        query: &[],
        input: None,
        output: None,
        errors: &[],
        title: "",
        description: "",
        category: "Hooks",
        stability: Stability::Stable,
        handler: |_, _| Box::pin(async { Ok(Reply::empty()) }),
    };

    /// The name of the Lambda that answers it: its own in kebab case, `create-hook`.
    pub fn function(&self) -> String {
        let mut name = String::new();
        for c in self.name.chars() {
            if c.is_ascii_uppercase() {
                name.push('-');
            }
            name.push(c.to_ascii_lowercase());
        }
        name
    }

    /// The whole path as OpenAPI and other routers write it, parameters in braces: `/api/hooks/v1/hooks/{hookGroupId}`.
    pub fn path_template(&self) -> String {
        format!("{}{}", self.mount, self.path.replace('<', "{").replace('>', "}"))
    }

    /// The path's segments: literal, or a parameter's name.
    pub(super) fn segments(&self) -> impl Iterator<Item = Segment> {
        self.path.split('/').skip(1).map(|segment| {
            match segment.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
                Some(name) => Segment::Parameter(name),
                None => Segment::Literal(segment),
            }
        })
    }

    /// The names of the path's parameters, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &'static str> {
        self.segments().filter_map(|segment| match segment {
            Segment::Parameter(name) => Some(name),
            Segment::Literal(_) => None,
        })
    }

    /// Whether the route answers a method. HEAD goes where GET does.
    pub(super) fn answers(&self, method: &Method) -> bool {
        self.method == *method || (*method == Method::HEAD && self.method == Method::GET)
    }

    /// Whether the route is at a place.
    fn matches(&self, place: &Place<'_>) -> bool {
        self.mount == place.mount
            && self.segments().count() == place.segments.len()
            && self.segments().zip(&place.segments).all(|(segment, raw)| match segment {
                Segment::Literal(literal) => literal == *raw,
                Segment::Parameter(_) => !raw.is_empty(),
            })
    }

    /// The parameters' values, percent-decoded; the first that can't be is the error.
    pub fn parse_parameters(&self, place: &Place<'_>) -> Result<Map<String, Value>, BadEscape> {
        let mut parameters = Map::new();
        for (segment, raw) in self.segments().zip(&place.segments) {
            if let Segment::Parameter(name) = segment {
                let value = decode(raw).ok_or_else(|| BadEscape { name, raw: (*raw).to_owned() })?;
                parameters.insert(name.to_owned(), Value::from(value.into_owned()));
            }
        }
        Ok(parameters)
    }
}

/// A part of a route's path, between slashes.
pub(super) enum Segment {
    Literal(&'static str),
    Parameter(&'static str),
}

/// A path parameter whose percent escapes are not those of UTF-8 text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("URL parameter '{name}' given as '{raw}' is not percent-encoded UTF-8: write % as %25")]
pub struct BadEscape {
    /// The parameter.
    pub name: &'static str,
    /// It, as it came.
    pub raw: String,
}

/// None for an escape that is not two hexadecimal digits, or not UTF-8.
fn decode(raw: &str) -> Option<Cow<'_, str>> {
    let bytes = raw.as_bytes();
    let escaped = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    for (at, _) in escaped {
        let digits = bytes.get(at + 1..at + 3)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
    }
    percent_decode_str(raw).decode_utf8().ok()
}

/// The routes at a place. Where it could be a parameter's value or a route's own word, it is the word.
fn at<'r>(routes: &[&'r Route], place: &Place<'_>) -> impl Iterator<Item = &'r Route> {
    let found: Vec<&'r Route> = routes.iter().copied().filter(|route| route.matches(place)).collect();
    let fewest = found.iter().map(|route| route.parameters().count()).min();
    found.into_iter().filter(move |route| Some(route.parameters().count()) == fewest)
}

/// The route of a method at a place.
pub fn find<'r>(routes: &[&'r Route], method: &Method, place: &Place<'_>) -> Option<&'r Route> {
    at(routes, place).find(|route| route.answers(method))
}

/// The route that answers at a path outside the mounts.
pub fn find_alias<'r>(routes: &[&'r Route], path: &str) -> Option<&'r Route> {
    let first = path.trim_start_matches('/').split('/').next();
    routes.iter().copied().find(|route| route.alias.is_some() && route.alias == first)
}

/// The methods that a place answers, sorted, HEAD with GET; empty where it answers none.
pub fn allowed(routes: &[&Route], place: &Place<'_>) -> Vec<&'static str> {
    let mut methods: Vec<&'static str> = at(routes, place)
        .flat_map(|route| match route.method {
            Method::GET => ["GET", "HEAD"].iter(),
            Method::POST => ["POST"].iter(),
            Method::PUT => ["PUT"].iter(),
            Method::DELETE => ["DELETE"].iter(),
            _ => [].iter(),
        })
        .copied()
        .collect();
    methods.sort_unstable();
    methods.dedup();
    methods
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taskcluster::ALL_ROUTES;

    fn name(method: Method, path: &str) -> Option<&'static str> {
        find(ALL_ROUTES, &method, &below_mount(path)?).map(|route| route.name)
    }

    #[test]
    fn paths_find_their_routes() {
        let cases = [
            (Method::GET, "/api/hooks/v1/ping", Some("ping")),
            (Method::HEAD, "/api/hooks/v1/ping", Some("ping")),
            (Method::GET, "/API/Hooks/v1/ping/", Some("ping")),
            (Method::GET, "/api/hooks/v1/PING", None),
            (Method::GET, "/api/hooks/v1", None),
            (Method::GET, "/api/hooks/v1//hooks", None),
            (Method::GET, "/api/hooks/v1/hooks", Some("listHookGroups")),
            (Method::GET, "/api/hooks/v1/hooks/", Some("listHookGroups")),
            (Method::GET, "/api/hooks/v1/hooks/g/h", Some("hook")),
            (Method::GET, "/api/hooks/v1/hooks/g/a%2Fb", Some("hook")),
            (Method::GET, "/api/hooks/v1/hooks/g/a/b", None),
            (Method::GET, "/api/hooks/v1/hooks/g/h/status", Some("getHookStatus")),
            (Method::GET, "/api/hooks/v1/hooks/g/x%2Fstatus", Some("hook")),
            (Method::POST, "/api/hooks/v1/hooks/g/h/trigger/t", Some("triggerHookWithToken")),
            (Method::PATCH, "/api/hooks/v1/hooks/g/h", None),
            (Method::GET, "/api/hooks/v2/ping", None),
            (Method::GET, "/api/hooks/v10/ping", None),
            (Method::GET, "/api/gates/v1/ping", None),
            (Method::GET, "/api/hooks/v1/integrators", None),
            (Method::GET, "/API/gates/v1/integrators/", Some("listIntegrators")),
            (Method::PUT, "/api/gates/v1/integrators/i", Some("setIntegrator")),
            (Method::GET, "/api/gates/v1/integrators/i/deliveries/d", Some("getDelivery")),
            (Method::POST, "/api/gates/v1/integrators/i/deliveries/recover", Some("recoverDeliveries")),
            (Method::POST, "/api/gates/v1/integrators/i/deliveries/d/resend", Some("resendDelivery")),
        ];
        for (method, path, expected) in cases {
            assert_eq!(name(method.clone(), path), expected, "{method} {path}");
        }
    }

    #[test]
    fn a_path_tells_what_it_answers() {
        let allowed = |path| allowed(ALL_ROUTES, &below_mount(path).unwrap());
        assert_eq!(allowed("/api/hooks/v1/hooks/g/h"), ["DELETE", "GET", "HEAD", "POST", "PUT"]);
        assert_eq!(allowed("/api/gates/v1/integrators/i"), ["DELETE", "GET", "HEAD", "PUT"]);
        assert_eq!(allowed("/api/gates/v1/integrators/i/deliveries/d"), ["GET", "HEAD"]);
        assert_eq!(allowed("/api/gates/v1/integrators/i/deliveries/recover"), ["POST"]);
        assert!(allowed("/api/hooks/v1/nothing").is_empty());
    }

    #[test]
    fn escapes_are_decoded_or_refused() {
        assert_eq!(decode("a%2Fb").as_deref(), Some("a/b"));
        assert_eq!(decode("%C3%A4").as_deref(), Some("ä"));
        for bad in ["%zz", "%", "%2", "%ff", "a%C3"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
