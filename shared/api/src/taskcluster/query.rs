//! The query's parameters, held against those that a route takes.

use std::collections::HashMap;

use super::error::{ApiError, Code};
use super::route::{Parameter, Route};

/// `limit` and `continuationToken`, of every listing.
pub const PAGING: &[Parameter] = &[
    Parameter { name: "continuationToken", pattern: "/./", matches: |value| !value.is_empty() },
    Parameter {
        name: "limit",
        pattern: "/^[0-9]+$/",
        matches: |value| !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()),
    },
];

/// The parameters of a query, if the route takes them all; `bewit` belongs to authentication.
pub fn check_query(route: &Route, query: Option<&str>) -> Result<Vec<(String, String)>, ApiError> {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .filter(|(name, _)| name != "bewit")
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let mut times: HashMap<&str, usize> = HashMap::new();
    for (name, _) in &pairs {
        *times.entry(name).or_default() += 1;
    }
    // Each name is told of once, where it comes first.
    let first = pairs.iter().filter_map(|(name, value)| Some((name, value, times.remove(name.as_str())?)));
    let wrong: Vec<String> =
        first.filter_map(|(name, value, times)| complaint(route, name, value, times > 1)).collect();
    if wrong.is_empty() {
        return Ok(pairs);
    }
    Err(ApiError::new(Code::InvalidRequestArguments, wrong.join("\n")))
}

fn complaint(route: &Route, name: &str, value: &str, repeated: bool) -> Option<String> {
    let Some(parameter) = route.query.iter().find(|parameter| parameter.name == name) else {
        return Some(format!("Query-string parameter: {name} is not supported!"));
    };
    if repeated {
        return Some(format!("Query-string parameter: {name} must be a string!"));
    }
    let pattern = parameter.pattern;
    (!(parameter.matches)(value))
        .then(|| format!("Query-string parameter: {name}=\"{value}\" does not match expression: {pattern}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taskcluster::ROUTES;

    #[test]
    fn queries_are_held_against_the_route() {
        let route = ROUTES.iter().find(|route| route.name == "listLastFires").unwrap();
        let cases = [
            ("", Ok(0)),
            ("limit=3&continuationToken=x", Ok(2)),
            ("bewit=abc&limit=00003", Ok(1)),
            ("foo=1", Err("Query-string parameter: foo is not supported!")),
            ("limit=-1", Err("Query-string parameter: limit=\"-1\" does not match expression: /^[0-9]+$/")),
            ("limit=", Err("Query-string parameter: limit=\"\" does not match expression: /^[0-9]+$/")),
            ("limit=1&limit=2", Err("Query-string parameter: limit must be a string!")),
            (
                "a=1&b=2",
                Err(
                    "Query-string parameter: a is not supported!\nQuery-string parameter: b is not supported!",
                ),
            ),
        ];
        for (query, expected) in cases {
            let checked = check_query(route, Some(query)).map(|pairs| pairs.len());
            assert_eq!(checked.map_err(|error| error.message), expected.map_err(str::to_owned), "{query}");
        }
    }

    /// More than a URL holds, and soon: a test that compares each with each is ended for taking too long.
    #[test]
    fn many_names_are_told_of_once_each() {
        let query: Vec<String> = (0..200_000).map(|number| format!("a{}", number / 2)).collect();
        let ping = ROUTES.iter().find(|route| route.name == "ping").unwrap();
        let error = check_query(ping, Some(&query.join("&"))).unwrap_err();
        assert_eq!(error.message.lines().count(), 100_000);
    }
}
