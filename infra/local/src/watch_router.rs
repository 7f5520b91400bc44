//! `treble routes --watch-router`: the configuration by which `cargo lambda watch` finds the function of a request.
//! <https://www.cargo-lambda.info/commands/watch.html>

use std::collections::BTreeMap;

use treble_api::ccx;
use treble_api::taskcluster::ALL_ROUTES;

/// The methods that something must answer: those that aren't a path's own go to the function of whatever is left.
const METHODS: [&str; 7] = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"];
/// The function of whatever is left.
const DEFAULT: &str = "default";

/// The configuration, in TOML.
pub(crate) fn toml() -> String {
    let mut paths: BTreeMap<String, BTreeMap<&str, String>> = BTreeMap::new();
    for route in ALL_ROUTES {
        let functions = paths.entry(route.path_template()).or_default();
        functions.insert(route.method.as_str(), route.function());
        if route.method == "GET" {
            functions.insert("HEAD", route.function());
        }
    }
    let mut toml = "# Made by `treble routes --watch-router`.\n".to_owned();
    for (path, functions) in &paths {
        for method in METHODS {
            let function = functions.get(method).map_or(DEFAULT, String::as_str);
            push(&mut toml, path, Some(method), function);
        }
    }
    for route in ALL_ROUTES {
        if let Some(alias) = route.alias {
            push(&mut toml, &format!("/{alias}"), None, &route.function());
            push(&mut toml, &format!("/{alias}/{{*rest}}"), None, &route.function());
        }
    }
    push(&mut toml, &format!("{}{{method}}", ccx::MOUNT), None, "ccx");
    push(&mut toml, "/", None, DEFAULT);
    push(&mut toml, "/{*rest}", None, DEFAULT);
    toml
}

fn push(toml: &mut String, path: &str, method: Option<&str>, function: &str) {
    let methods = method.map(|method| format!("methods = [{method:?}]\n")).unwrap_or_default();
    toml.push_str(&format!("\n[[watch.router]]\npath = {path:?}\n{methods}function = {function:?}\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_has_its_function() {
        let toml = toml();
        for (path, methods, function) in [
            ("/api/hooks/v1/hooks/{hookGroupId}/{hookId}", "methods = [\"HEAD\"]\n", "hook"),
            ("/api/hooks/v1/hooks/{hookGroupId}/{hookId}", "methods = [\"PUT\"]\n", "create-hook"),
            ("/api/hooks/v1/hooks/{hookGroupId}/{hookId}", "methods = [\"OPTIONS\"]\n", "default"),
            ("/__heartbeat__", "", "heartbeat"),
            ("/{*rest}", "", "default"),
            ("/api/gates/v1/integrators/{integrator}/probe", "methods = [\"POST\"]\n", "probe-integrator"),
            ("/treble.ccx.v1.HookService/{method}", "", "ccx"),
        ] {
            let entry = format!("\n[[watch.router]]\npath = {path:?}\n{methods}function = {function:?}\n");
            assert!(toml.contains(&entry), "{entry} in {toml}");
        }
    }
}
