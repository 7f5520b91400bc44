//! Paths and queries: a method, a path and a query, a line each.
//!
//! A path has a route if and only if it says that it answers the method; its parameters are read the same when they are
//! decoded and encoded again, and found again in a path that was delivered decoded; a query that a route takes is one again
//! when it is written anew.

use http::{Method, Uri};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use treble_api::taskcluster::ALL_ROUTES as ROUTES;
use treble_api::taskcluster::delivered::resource;
use treble_api::taskcluster::query::check_query;
use treble_api::taskcluster::route::{MOUNT, Place, Route, allowed, below_mount, find};
use treble_core::hook::HookName;

use crate::input::{joined, lines, table};

/// See the module.
pub fn check(input: &[u8]) -> bool {
    let Some([method, path, query]) = lines(input) else { return false };
    let Ok(method) = Method::from_bytes(method.as_bytes()) else { return false };
    delivered(&method, path, query);
    let Some(place) = below_mount(path) else { return false };
    let route = find(ROUTES, &method, &place);
    let methods = allowed(ROUTES, &place);
    assert_eq!(route.is_some(), methods.contains(&method.as_str()), "{method} {path}: {methods:?}");
    let Some(route) = route else { return false };
    same_elsewhere(route, &method, path);
    parameters(route, &place);
    if let Ok(pairs) = check_query(route, Some(query)) {
        let again = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        assert_eq!(check_query(route, Some(&again)).ok(), Some(pairs), "{query}");
    }
    true
}

/// Whatever was delivered becomes a URI's, once and for all; and it is told if that changed it.
fn delivered(method: &Method, path: &str, query: &str) {
    let (sent, other) = resource(ROUTES, method, path, query);
    assert!(other.is_none_or(|other| other != sent && other.starts_with(path)), "{path}");
    if path.starts_with('/') {
        let uri: Uri = sent.parse().unwrap_or_else(|error| panic!("{sent}: {error}"));
        let (path, query) = (uri.path(), uri.query().unwrap_or_default());
        assert_eq!(resource(ROUTES, method, path, query), (sent, None));
    }
}

/// The mount is found in any case, one slash at the end doesn't count, and HEAD is GET.
fn same_elsewhere(route: &Route, method: &Method, path: &str) {
    let mount = route.mount;
    let rest = path[mount.len()..].trim_end_matches('/');
    for path in [mount.to_uppercase() + rest, format!("{mount}{rest}/")] {
        let place = below_mount(&path).expect("below the mount");
        assert_eq!(find(ROUTES, method, &place).map(|route| route.name), Some(route.name), "{path}");
        let by_head = find(ROUTES, &Method::HEAD, &place).map(|route| route.name);
        assert!(route.method != Method::GET || by_head == Some(route.name), "{path}");
    }
}

fn parameters(route: &Route, place: &Place<'_>) {
    let Ok(parameters) = route.parse_parameters(place) else { return };
    assert!(parameters.keys().eq(route.parameters()));
    let text = |name: &str| parameters.get(name).and_then(|value| value.as_str()).unwrap_or_default();
    let encoded = |value: &str| utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
    let path = format!("{}{}", route.mount, filled(route, &parameters, encoded));
    let place = below_mount(&path).expect("below the mount");
    assert_eq!(find(ROUTES, &route.method, &place).map(|route| route.name), Some(route.name), "{path}");
    assert_eq!(route.parse_parameters(&place).as_ref(), Ok(&parameters), "{path}");
    let Ok(name) = HookName::new(text("hookGroupId"), text("hookId")) else { return };
    // A name is one again as the text that roles and listings have.
    assert_eq!(name.to_string().parse().as_ref(), Ok(&name));
    // A path of one route alone is understood when it was decoded on its way, but for a slash at its end, which doesn't count.
    let decoded = format!("{}{}", route.mount, filled(route, &parameters, str::to_owned));
    if decoded.ends_with('/') || !text("token").bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return;
    }
    let (sent, _) = resource(&[route], &route.method, &decoded, "");
    let place = below_mount(&sent).expect("below the mount");
    assert!(find(&[route], &route.method, &place).is_some(), "{decoded} was sent as {sent}");
    assert_eq!(route.parse_parameters(&place).as_ref(), Ok(&parameters), "{decoded} was sent as {sent}");
}

/// A route's path with these parameters in it.
fn filled(route: &Route, parameters: &Map<String, Value>, encode: impl Fn(&str) -> String) -> String {
    let segment = |segment: &str| {
        let name = segment.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
        let value = name.and_then(|name| parameters.get(name)?.as_str());
        value.map_or_else(|| segment.to_owned(), &encode)
    };
    route.path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// A path for each route, and those of the wire-level tables.
pub fn seeds() -> Vec<Vec<u8>> {
    let of_routes = ROUTES.iter().map(|route| {
        let path = route.path.replace("<hookId>", "a%2Fb").replace(['<', '>'], "");
        joined([route.method.as_str(), &format!("{}{path}", route.mount), "limit=3&continuationToken=x"])
    });
    let tables =
        [include_str!("../../cases/parameters.json"), include_str!("../../cases/transport.json")].map(table);
    let of_tables = tables.iter().flatten().filter_map(|case| {
        let (method, resource) = case["send"].as_str()?.split_once(' ')?;
        let (path, query) = resource.split_once('?').unwrap_or((resource, ""));
        let path = path.strip_prefix('^').map_or_else(|| format!("{MOUNT}{path}"), str::to_owned);
        (path.len() < 200).then(|| joined([method, &path, query]))
    });
    of_routes.chain(of_tables).collect()
}
