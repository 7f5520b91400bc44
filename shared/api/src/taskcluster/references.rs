//! The documents that describe the API, from which clients are generated: all made from the route table
//! and the wire types.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::described::{Described, GATES, HOOKS, SERVICES};
use super::openapi;
use super::route::Route;
use super::schemas::{self, Schema, schema_of};

/// A method, as references describe it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    r#type: &'static str,
    name: &'static str,
    title: &'static str,
    description: &'static str,
    category: &'static str,
    stability: &'static str,
    method: String,
    route: &'static str,
    args: Vec<&'static str>,
    query: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
}

impl From<&Route> for Entry {
    fn from(route: &Route) -> Self {
        Self {
            r#type: "function",
            name: route.name,
            title: route.title,
            description: route.description,
            category: route.category,
            stability: route.stability.as_str(),
            method: route.method.as_str().to_ascii_lowercase(),
            route: route.path,
            args: route.parameters().collect(),
            query: route.query.iter().map(|parameter| parameter.name).collect(),
            scopes: route.scopes.map(|scopes| scopes.to_json()),
            input: route.input.map(Schema::reference),
            output: route.output.map(Schema::reference),
        }
    }
}

/// A service's methods.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ApiReference {
    #[serde(rename = "$schema")]
    schema: String,
    #[serde(rename = "$id")]
    id: String,
    api_version: &'static str,
    service_name: &'static str,
    title: String,
    description: &'static str,
    entries: Vec<Entry>,
}

/// An exchange, as references describe it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Exchange {
    r#type: &'static str,
    exchange: &'static str,
    name: &'static str,
    title: &'static str,
    description: &'static str,
    routing_key: Vec<RoutingKeyPart>,
    schema: String,
}

/// A word, or several, of a routing key.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RoutingKeyPart {
    name: &'static str,
    summary: &'static str,
    multiple_words: bool,
    required: bool,
}

/// A service's exchanges.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ExchangesReference {
    #[serde(rename = "$schema")]
    schema: String,
    #[serde(rename = "$id")]
    id: String,
    api_version: &'static str,
    service_name: &'static str,
    title: &'static str,
    description: &'static str,
    exchange_prefix: &'static str,
    entries: Vec<Exchange>,
}

/// Where a deployment's references are.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Manifest {
    #[serde(rename = "$schema")]
    schema: String,
    references: Vec<String>,
}

const MANIFEST: &str = "/references/manifest.json";
const EXCHANGES: &str = "/references/hooks/v1/exchanges.json";
const COMMON: &str = "/schemas/common/";

/// The document at a path of a deployment, if there is one.
pub fn document(root_url: &str, path: &str) -> Option<Value> {
    match path {
        MANIFEST => json_of(&manifest(root_url)),
        EXCHANGES => json_of(&exchanges(root_url)),
        _ => match path.strip_prefix(COMMON) {
            Some(name) => common(root_url, name),
            None => SERVICES.into_iter().find_map(|service| of_service(service, root_url, path)),
        },
    }
}

/// The document of a service at a path, if there is one.
fn of_service(service: &Described, root_url: &str, path: &str) -> Option<Value> {
    if path == service.reference_path() {
        return json_of(&api(service, root_url));
    }
    if path == service.openapi_path() {
        return Some(openapi::document(service, root_url));
    }
    let schema = service.schemas.iter().find(|schema| path == service.schema_path(schema))?;
    Some(schema.document(root_url))
}

/// The paths of all documents.
pub fn paths() -> Vec<String> {
    let fixed = [MANIFEST, EXCHANGES].map(str::to_owned);
    let common = COMMON_SCHEMAS.map(|name| format!("{COMMON}{name}"));
    let of_services = SERVICES.into_iter().flat_map(|service| {
        let schemas = service.schemas.iter().map(|schema| service.schema_path(schema));
        [service.reference_path(), service.openapi_path()].into_iter().chain(schemas)
    });
    fixed.into_iter().chain(common).chain(of_services).collect()
}

fn json_of(document: &impl Serialize) -> Option<Value> {
    serde_json::to_value(document).ok()
}

fn manifest(root_url: &str) -> Manifest {
    Manifest {
        schema: format!("{root_url}{COMMON}manifest-v3.json#"),
        // OpenAPI's documents are no references of this kind.
        references: [HOOKS.reference_path(), EXCHANGES.to_owned(), GATES.reference_path()]
            .iter()
            .map(|path| format!("{root_url}{path}"))
            .collect(),
    }
}

fn api(service: &Described, root_url: &str) -> ApiReference {
    ApiReference {
        schema: format!("{root_url}{COMMON}api-reference-v0.json#"),
        id: format!("{root_url}{}#", service.reference_path()),
        api_version: "v1",
        service_name: service.name,
        title: format!("{} Documentation", service.title),
        description: service.description,
        entries: service.routes.iter().map(|route| Entry::from(*route)).collect(),
    }
}

fn exchanges(root_url: &str) -> ExchangesReference {
    let entry = |exchange, name, title, description| Exchange {
        r#type: "topic-exchange",
        exchange,
        name,
        title,
        description,
        routing_key: vec![RoutingKeyPart {
            name: "reserved",
            summary: "Space reserved for future routing-key entries: always match it with `#`.",
            multiple_words: true,
            required: false,
        }],
        schema: schemas::HOOK_CHANGED_MESSAGE.reference(),
    };
    ExchangesReference {
        schema: format!("{root_url}{COMMON}exchanges-reference-v0.json#"),
        id: format!("{root_url}{EXCHANGES}#"),
        api_version: "v1",
        service_name: "hooks",
        title: "Hooks Pulse Exchanges",
        description: "Messages that tell of every change of a hook.",
        exchange_prefix: "exchange/taskcluster-hooks/v1/",
        entries: vec![
            entry("hook-created", "hookCreated", "Hook Created Messages", "A hook was created."),
            entry("hook-updated", "hookUpdated", "Hook Updated Messages", "A hook was updated."),
            entry("hook-deleted", "hookDeleted", "Hook Deleted Messages", "A hook was removed."),
        ],
    }
}

const COMMON_SCHEMAS: [&str; 4] =
    ["metaschema.json", "manifest-v3.json", "api-reference-v0.json", "exchanges-reference-v0.json"];

/// The schemas of the documents themselves.
fn common(root_url: &str, name: &str) -> Option<Value> {
    let schema = match name {
        "metaschema.json" => json!({"allOf": [{"$ref": "http://json-schema.org/draft-07/schema#"}]}),
        "manifest-v3.json" => schema_of::<Manifest>(),
        "api-reference-v0.json" => schema_of::<ApiReference>(),
        "exchanges-reference-v0.json" => schema_of::<ExchangesReference>(),
        _ => return None,
    };
    let mut document = Map::new();
    document.insert("$schema".into(), "http://json-schema.org/draft-07/schema#".into());
    document.insert("$id".into(), format!("{root_url}{COMMON}{name}#").into());
    document.extend(
        schema.as_object()?.iter().filter(|(key, _)| *key != "$schema").map(|(k, v)| (k.clone(), v.clone())),
    );
    Some(Value::Object(document))
}
