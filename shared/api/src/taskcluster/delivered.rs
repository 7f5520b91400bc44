//! Paths as gateways deliver them: percent-decoded, so that the slash of a hookId looks like one that separates.

use std::borrow::Cow;

use http::Method;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use super::route::{self, Place, Route, Segment};

/// What a URI's path can't have as it is: what delimits it, and what RFC 3986 leaves out. A `%` may begin an escape.
const NOT_IN_A_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The same for its query, where `?` is nothing special.
const NOT_IN_A_QUERY: &AsciiSet = &NOT_IN_A_PATH.remove(b'?');

/// As clients encode a parameter: all but RFC 3986's unreserved characters.
const NOT_IN_A_PARAMETER: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Path and query of a URI, as the client is likely to have sent them, from what was delivered; and what was delivered, where
/// that is something else.
pub fn resource(routes: &[&Route], method: &Method, path: &str, query: &str) -> (String, Option<String>) {
    let delivered = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    let mut resource = encode(routes, method, path).into_owned();
    if !query.is_empty() {
        resource.push('?');
        resource.extend(utf8_percent_encode(query, NOT_IN_A_QUERY));
    }
    let changed = resource != delivered;
    (resource, changed.then_some(delivered))
}

/// The path of a URI, as the client is likely to have sent it, from one that was delivered decoded or as it was sent.
///
/// A path that is a route's is left as it is, but for characters that no URI has. Where there are more segments than a
/// route has, the hookId is the one that may have slashes; a name or a token hasn't. A hookId that ends like a longer
/// route (`a/status`) is not to be told from that route.
fn encode<'p>(routes: &[&Route], method: &Method, path: &'p str) -> Cow<'p, str> {
    let as_it_is = || utf8_percent_encode(path, NOT_IN_A_PATH).into();
    let Some(place) = route::below_mount(path) else { return as_it_is() };
    if route::find(routes, method, &place).is_some() {
        return as_it_is();
    }
    // The longer route is the more particular one.
    let mut candidates: Vec<&&Route> =
        routes.iter().filter(|route| route.mount == place.mount && route.answers(method)).collect();
    candidates.sort_by_key(|route| std::cmp::Reverse(route.segments().count()));
    candidates.into_iter().find_map(|route| gather(route, &place)).map_or_else(as_it_is, Cow::Owned)
}

/// The path of a route whose hookId is as many segments as there are too many.
fn gather(route: &Route, place: &Place<'_>) -> Option<String> {
    let mut rest = &place.segments[..];
    let surplus = rest.len().checked_sub(route.segments().count())?;
    let mut encoded = place.mount.to_owned();
    for segment in route.segments() {
        let taken = match segment {
            Segment::Parameter("hookId") => surplus + 1,
            Segment::Literal(_) | Segment::Parameter(_) => 1,
        };
        let (parts, after) = rest.split_at_checked(taken)?;
        rest = after;
        let value = parts.join("/");
        if matches!(segment, Segment::Literal(literal) if literal != value) || value.is_empty() {
            return None;
        }
        encoded.push('/');
        encoded.extend(utf8_percent_encode(&value, NOT_IN_A_PARAMETER));
    }
    rest.is_empty().then_some(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taskcluster::route::MOUNT;
    use crate::taskcluster::{ALL_ROUTES, ROUTES};

    #[test]
    fn decoded_paths_find_their_routes() {
        let cases = [
            ("GET", "/hooks/g/h", "/hooks/g/h"),
            ("GET", "/hooks/g/a%2Fb", "/hooks/g/a%2Fb"),
            ("GET", "/hooks/g/a/b", "/hooks/g/a%2Fb"),
            ("HEAD", "/hooks/g/a/b/c", "/hooks/g/a%2Fb%2Fc"),
            ("GET", "/hooks/g//a", "/hooks/g/%2Fa"),
            ("GET", "/hooks/g/a//b", "/hooks/g/a%2F%2Fb"),
            ("GET", "/hooks/g/a/b/status", "/hooks/g/a%2Fb/status"),
            ("GET", "/hooks/g/status/status", "/hooks/g/status/status"),
            ("GET", "/hooks/g/a/status/status", "/hooks/g/a%2Fstatus/status"),
            ("PUT", "/hooks/g/a/status", "/hooks/g/a%2Fstatus"),
            ("POST", "/hooks/g/a/b/trigger", "/hooks/g/a%2Fb/trigger"),
            ("POST", "/hooks/g/a/b/trigger/t", "/hooks/g/a%2Fb/trigger/t"),
            ("GET", "/hooks/g/a b/ü", "/hooks/g/a%20b%2F%C3%BC"),
            ("GET", "/hooks/g/ü?#", "/hooks/g/%C3%BC%3F%23"),
            ("GET", "/hooks/g/%zz", "/hooks/g/%zz"),
            ("GET", "/nope/a/b/c/d", "/nope/a/b/c/d"),
            ("PATCH", "/hooks/g/a/b", "/hooks/g/a/b"),
        ];
        for (method, path, expected) in cases {
            let encoded = encode(ROUTES, &method.parse().unwrap(), &format!("{MOUNT}{path}")).into_owned();
            assert_eq!(encoded, format!("{MOUNT}{expected}"), "{method} {path}");
            assert!(encoded.parse::<http::Uri>().is_ok(), "{encoded}");
        }
        assert_eq!(encode(ROUTES, &Method::GET, "/elsewhere/a b"), "/elsewhere/a%20b");
        let below_another_mount = "/api/gates/v1/integrators/a/b/c";
        assert_eq!(encode(ALL_ROUTES, &Method::GET, below_another_mount), below_another_mount);
    }

    #[test]
    fn one_route_alone_takes_what_is_its_own() {
        let hook = ROUTES.iter().copied().find(|route| route.name == "hook").unwrap();
        let path = format!("{MOUNT}/hooks/g/a/status");
        assert_eq!(encode(&[hook], &Method::GET, &path), format!("{MOUNT}/hooks/g/a%2Fstatus"));
    }
}
