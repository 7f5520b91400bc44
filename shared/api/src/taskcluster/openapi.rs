//! The API in OpenAPI's words, for tools that know nothing of Taskcluster: made from the route table and the wire
//! types, as the [references](super::references) are.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Map, Value, json};

use super::described::Described;
use super::error::Code;
use super::route::{PATH_PARAMETERS, Parameter, Route, Stability};
use super::routes::HEARTBEAT;
use super::schemas::Schema;

/// Errors that any request may be answered with.
const ANYWHERE: &[Code] =
    &[Code::MalformedPayload, Code::InvalidRequestArguments, Code::InputTooLarge, Code::InternalServerError];

/// Errors of routes that ask who calls.
const AUTHENTICATED: &[Code] =
    &[Code::AuthenticationFailed, Code::InsufficientScopes, Code::ServiceUnavailable];

/// The document of a service, in OpenAPI 3.1, for a deployment.
pub fn document(service: &Described, root_url: &str) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": service.title,
            "version": "v1",
            "description": service.description,
        },
        "servers": [{"url": root_url}],
        "tags": tags(service.routes),
        "paths": paths(service.routes),
        "components": {
            "schemas": component_schemas(service),
            "securitySchemes": security_schemes(),
        },
    })
}

/// The headings that routes stand under, in the order of the route table.
fn tags(routes: &[&Route]) -> Value {
    let mut categories: Vec<&str> = Vec::new();
    for route in routes {
        if !categories.contains(&route.category) {
            categories.push(route.category);
        }
    }
    categories.into_iter().map(|name| json!({ "name": name })).collect()
}

fn paths(routes: &[&Route]) -> Value {
    let mut paths = Map::new();
    for route in routes {
        if let Value::Object(methods) = paths.entry(route.path_template()).or_insert_with(|| json!({})) {
            methods.insert(route.method.as_str().to_ascii_lowercase(), operation(route));
        }
    }
    Value::Object(paths)
}

fn operation(route: &Route) -> Value {
    let mut operation = Map::new();
    let mut set = |key: &str, value: Value| operation.insert(key.to_owned(), value);
    set("operationId", route.name.into());
    set("summary", route.title.into());
    set("description", route.description.into());
    set("tags", json!([route.category]));
    if route.stability == Stability::Deprecated {
        set("deprecated", true.into());
    }
    let path = route.parameters().map(path_parameter);
    let query = route.query.iter().map(|query| parameter("query", query.name, pattern_schema(query)));
    set("parameters", path.chain(query).collect());
    if let Some(input) = route.input {
        set(
            "requestBody",
            json!({"required": true, "content": {"application/json": {"schema": reference(input)}}}),
        );
    }
    set("responses", responses(route));
    if let Some(scopes) = route.scopes {
        set("security", security(&route.method));
        set("x-scopes", scopes.to_json());
    }
    Value::Object(operation)
}

fn path_parameter(name: &str) -> Value {
    let checked = PATH_PARAMETERS.iter().find(|parameter| parameter.name == name);
    parameter("path", name, checked.map_or_else(|| json!({"type": "string"}), pattern_schema))
}

fn parameter(place: &str, name: &str, schema: Value) -> Value {
    json!({"name": name, "in": place, "required": place == "path", "schema": schema})
}

/// A parameter's pattern, without the slashes around it that clients know it by.
fn pattern_schema(parameter: &Parameter) -> Value {
    json!({"type": "string", "pattern": parameter.pattern.trim_matches('/')})
}

fn responses(route: &Route) -> Value {
    let schema = route.output.map_or_else(|| json!({"type": "object"}), reference);
    let success = json!({"description": "Success.", "content": {"application/json": {"schema": schema}}});
    let mut responses = Map::from_iter([("200".to_owned(), success)]);
    for (status, codes) in errors(route) {
        responses.insert(status.to_string(), error_response(&codes));
    }
    if route.name == HEARTBEAT.name {
        responses.insert("503".to_owned(), unwell());
    }
    Value::Object(responses)
}

/// What heartbeat replies where something fails: no error of the request's, so in no envelope.
fn unwell() -> Value {
    let schema = json!({
        "type": "object",
        "properties": {"failing": {"type": "array", "items": {"enum": ["database", "sink"]}}},
        "required": ["failing"],
    });
    json!({"description": "What doesn't answer.", "content": {"application/json": {"schema": schema}}})
}

/// The errors that a route may be answered with, by their status.
fn errors(route: &Route) -> BTreeMap<u16, Vec<&'static str>> {
    let authenticated = if route.scopes.is_some() { AUTHENTICATED } else { &[] };
    let validated: &[Code] = if route.input.is_some() { &[Code::InputValidationError] } else { &[] };
    let mut errors: BTreeMap<u16, Vec<&'static str>> = BTreeMap::new();
    for code in [ANYWHERE, authenticated, validated, route.errors].concat() {
        let codes = errors.entry(code.status().as_u16()).or_default();
        if !codes.contains(&code.as_str()) {
            codes.push(code.as_str());
        }
    }
    errors
}

fn error_response(codes: &[&str]) -> Value {
    let named: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    let schema = json!({
        "allOf": [{"$ref": "#/components/schemas/error"}, {"properties": {"code": {"enum": codes}}}],
    });
    json!({"description": named.join(", "), "content": {"application/json": {"schema": schema}}})
}

/// Who asks signs, in a header; or, to read, in the URL.
fn security(method: &Method) -> Value {
    if *method == Method::GET { json!([{"hawk": []}, {"bewit": []}]) } else { json!([{"hawk": []}]) }
}

fn security_schemes() -> Value {
    json!({
        "hawk": {
            "type": "http",
            "scheme": "hawk",
            "description": "A signed request: https://github.com/mozilla/hawk. `ext` may be base64 of JSON with \
                            `authorizedScopes`, to which the request is confined, or with the `certificate` of temporary \
                            credentials. What the caller needs is at each operation's `x-scopes`.",
        },
        "bewit": {
            "type": "apiKey",
            "in": "query",
            "name": "bewit",
            "description": "A signed URL: base64url of `id\\expiry\\mac\\ext`.",
        },
    })
}

fn reference(schema: &Schema) -> Value {
    json!({ "$ref": format!("#/components/schemas/{}", schema.name) })
}

fn component_schemas(service: &Described) -> Value {
    let used = |schema: &&&Schema| {
        let is = |other: Option<&Schema>| other.is_some_and(|other| other.name == schema.name);
        service.routes.iter().any(|route| is(route.input) || is(route.output))
    };
    let mut schemas: Map<String, Value> = service
        .schemas
        .iter()
        .filter(used)
        .map(|schema| (schema.name.to_owned(), schema.definition()))
        .collect();
    schemas.insert("error".to_owned(), error_schema());
    Value::Object(schemas)
}

/// The envelope that all errors travel in.
fn error_schema() -> Value {
    json!({
        "title": "Error",
        "description": "What is wrong, and what an error repeats of the request.",
        "type": "object",
        "properties": {
            "code": {"description": "What is wrong, for programs.", "type": "string"},
            "message": {
                "description": "What is wrong, where, and what would be right: for people.",
                "type": "string",
            },
            "requestInfo": {
                "type": "object",
                "properties": {
                    "method": {
                        "description": "The operation; `unknown` where there is none.",
                        "type": "string",
                    },
                    "params": {
                        "description": "The path's parameters.",
                        "type": "object",
                        "additionalProperties": {"type": "string"},
                    },
                    "payload": {
                        "description": "The body as far as it was understood; absent when it is large, or couldn't be read.",
                    },
                    "time": {"description": "When.", "type": "string", "format": "date-time"},
                },
                "required": ["method", "params", "time"],
                "additionalProperties": false,
            },
        },
        "required": ["code", "message", "requestInfo"],
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taskcluster::described::{HOOKS, SERVICES};

    #[test]
    fn a_route_is_an_operation() {
        let document = document(&HOOKS, "https://tc.example.com");
        let path = "/api/hooks/v1/hooks/{hookGroupId}/{hookId}/last-fires";
        let operation = &document["paths"][path]["get"];
        assert_eq!(operation["operationId"], "listLastFires");
        let named: Vec<&str> =
            operation["parameters"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
        assert_eq!(named, ["hookGroupId", "hookId", "continuationToken", "limit"]);
        let group = &operation["parameters"][0];
        assert_eq!((&group["in"], &group["required"]), (&json!("path"), &json!(true)));
        assert_eq!(group["schema"]["pattern"], "^[a-zA-Z0-9-_]{1,1000}$");
        assert_eq!(operation["security"], json!([{"hawk": []}, {"bewit": []}]));
        let statuses: Vec<&String> = operation["responses"].as_object().unwrap().keys().collect();
        assert_eq!(statuses, ["200", "400", "401", "403", "404", "413", "500", "503"]);
        assert!(operation.get("deprecated").is_none() && operation.get("requestBody").is_none());
        assert_eq!(document["servers"], json!([{"url": "https://tc.example.com"}]));
    }

    #[test]
    fn every_route_is_there_once() {
        for service in SERVICES {
            let document = document(service, "");
            let paths = document["paths"].as_object().unwrap();
            let mut found: Vec<&str> = paths
                .values()
                .flat_map(|methods| methods.as_object().unwrap().values())
                .map(|operation| operation["operationId"].as_str().unwrap())
                .collect();
            let mut expected: Vec<&str> = service.routes.iter().map(|route| route.name).collect();
            found.sort_unstable();
            expected.sort_unstable();
            assert_eq!(found, expected);
            assert!(paths.keys().all(|path| path.starts_with(service.mount)));
        }
        let document = document(&HOOKS, "");
        let paths = &document["paths"];
        assert_eq!(paths["/api/hooks/v1/hooks/{hookGroupId}/{hookId}/status"]["get"]["deprecated"], true);
        let unwell = &paths["/api/hooks/v1/__heartbeat__"]["get"]["responses"]["503"];
        assert_eq!(unwell["description"], "What doesn't answer.");
    }
}
