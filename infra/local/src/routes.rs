//! `treble routes`: the API's methods, for people; from the table that serves them.

use treble_api::taskcluster::ROUTES;
use treble_api::taskcluster::route::{MOUNT, Route};

use crate::output;

/// Runs the command.
pub(crate) fn run() {
    let header = ["METHOD", "PATH", "NAME", "SCOPES"].map(str::to_owned).to_vec();
    let rows = ROUTES.iter().map(|route| row(route));
    output::line(&output::table(&std::iter::once(header).chain(rows).collect::<Vec<_>>()));
}

fn row(route: &Route) -> Vec<String> {
    let scopes = route.scopes.map_or_else(
        || "-".to_owned(),
        |scopes| match scopes.to_json() {
            serde_json::Value::String(scope) => scope,
            expression => expression.to_string(),
        },
    );
    vec![route.method.to_string(), format!("{MOUNT}{}", route.path), route.name.to_owned(), scopes]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_tells_what_it_needs() {
        let row_of = |name: &str| row(ROUTES.iter().find(|route| route.name == name).unwrap()).join(" ");
        assert_eq!(row_of("ping"), "GET /api/hooks/v1/ping ping -");
        assert_eq!(
            row_of("createHook"),
            "PUT /api/hooks/v1/hooks/<hookGroupId>/<hookId> createHook \
             {\"AllOf\":[\"hooks:modify-hook:<hookGroupId>/<hookId>\",\"assume:hook-id:<hookGroupId>/<hookId>\"]}"
        );
    }
}
