//! Paths and queries: a method, a path and a query, a line each.
//!
//! A path has a route if and only if it says that it answers the method; its parameters are read the same when they are
//! decoded and encoded again; a query that a route takes is one again when it is written anew.

use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use treble_api::taskcluster::ROUTES;
use treble_api::taskcluster::query::check_query;
use treble_api::taskcluster::route::{MOUNT, Route, allowed, below_mount, find};
use treble_core::hook::HookName;

use crate::input::{joined, lines, table};

/// See the module.
pub fn check(input: &[u8]) -> bool {
    let Some([method, path, query]) = lines(input) else { return false };
    let (Ok(method), Some(segments)) = (Method::from_bytes(method.as_bytes()), below_mount(path)) else {
        return false;
    };
    let route = find(ROUTES, &method, &segments);
    let methods = allowed(ROUTES, &segments);
    assert_eq!(route.is_some(), methods.contains(&method.as_str()), "{method} {path}: {methods:?}");
    let Some(route) = route else { return false };
    same_elsewhere(route, &method, path);
    parameters(route, &segments);
    if let Ok(pairs) = check_query(route, Some(query)) {
        let again = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        assert_eq!(check_query(route, Some(&again)).ok(), Some(pairs), "{query}");
    }
    true
}

/// The mount is found in any case, one slash at the end doesn't count, and HEAD is GET.
fn same_elsewhere(route: &Route, method: &Method, path: &str) {
    let rest = path[MOUNT.len()..].trim_end_matches('/');
    let segments = [MOUNT.to_uppercase() + rest, format!("{MOUNT}{rest}/")];
    for path in &segments {
        let segments = below_mount(path).expect("below the mount");
        assert_eq!(find(ROUTES, method, &segments).map(|route| route.name), Some(route.name), "{path}");
        let by_head = find(ROUTES, &Method::HEAD, &segments).map(|route| route.name);
        assert!(route.method != Method::GET || by_head == Some(route.name), "{path}");
    }
}

fn parameters(route: &Route, segments: &[&str]) {
    let Ok(parameters) = route.parse_parameters(segments) else { return };
    assert!(parameters.keys().eq(route.parameters()));
    let text = |name: &str| parameters.get(name).and_then(|value| value.as_str()).unwrap_or_default();
    let mut path = route.path.to_owned();
    for name in route.parameters() {
        let encoded = utf8_percent_encode(text(name), NON_ALPHANUMERIC).to_string();
        path = path.replace(&format!("<{name}>"), &encoded);
    }
    let path = format!("{MOUNT}{path}");
    let segments = below_mount(&path).expect("below the mount");
    assert_eq!(find(ROUTES, &route.method, &segments).map(|route| route.name), Some(route.name), "{path}");
    assert_eq!(route.parse_parameters(&segments).as_ref(), Ok(&parameters), "{path}");
    // A name that holds is one again as the text that roles and listings have.
    if let Ok(name) = HookName::new(text("hookGroupId"), text("hookId")) {
        assert_eq!(name.to_string().parse(), Ok(name));
    }
}

/// A path for each route, and those of the wire-level tables.
pub fn seeds() -> Vec<Vec<u8>> {
    let of_routes = ROUTES.iter().map(|route| {
        let path = route.path.replace("<hookId>", "a%2Fb").replace(['<', '>'], "");
        joined([route.method.as_str(), &format!("{MOUNT}{path}"), "limit=3&continuationToken=x"])
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
