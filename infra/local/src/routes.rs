//! `treble routes`: the API's methods, for people; from the table that serves them.

use serde_json::{Value, json};
use treble_api::taskcluster::ALL_ROUTES;
use treble_api::taskcluster::route::Route;

use crate::output::{self, Failure, Table};

/// Runs the command.
pub(crate) fn run(json: bool) -> Result<(), Failure> {
    if json {
        return output::json(&ALL_ROUTES.iter().map(|route| object(route)).collect::<Vec<_>>());
    }
    let mut table = Table::new(["METHOD", "PATH", "NAME", "SCOPES"]);
    for route in ALL_ROUTES {
        table.row(row(route).map(Into::into));
    }
    table.print();
    Ok(())
}

fn row(route: &Route) -> [String; 4] {
    let scopes = match scopes(route) {
        Value::Null => "-".to_owned(),
        Value::String(scope) => scope,
        expression => expression.to_string(),
    };
    [route.method.to_string(), path(route), route.name.to_owned(), scopes]
}

fn object(route: &Route) -> Value {
    json!({
        "method": route.method.as_str(),
        "path": path(route),
        "name": route.name,
        "scopes": scopes(route),
    })
}

fn path(route: &Route) -> String {
    format!("{}{}", route.mount, route.path)
}

/// The scope expression; null where anybody may call.
fn scopes(route: &Route) -> Value {
    route.scopes.map_or(Value::Null, |scopes| scopes.to_json())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_tells_what_it_needs() {
        let row_of = |name: &str| row(ALL_ROUTES.iter().find(|route| route.name == name).unwrap()).join(" ");
        assert_eq!(
            row_of("probeIntegrator"),
            "POST /api/gates/v1/integrators/<integrator>/probe probeIntegrator gates:modify-integrator:<integrator>"
        );
        assert_eq!(row_of("ping"), "GET /api/hooks/v1/ping ping -");
        assert_eq!(
            row_of("createHook"),
            "PUT /api/hooks/v1/hooks/<hookGroupId>/<hookId> createHook \
             {\"AllOf\":[\"hooks:modify-hook:<hookGroupId>/<hookId>\",\"assume:hook-id:<hookGroupId>/<hookId>\"]}"
        );
    }
}
