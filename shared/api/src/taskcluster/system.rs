//! What a deployment answers outside the API: monitoring, and the documents that describe it.

use http::{HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use super::references;
use super::response::{self, Response};
use super::service::{About, Service};
use crate::request::Request;

/// The answer to a request for something outside the API's mount; None where that is nothing of ours.
pub async fn respond(service: &Service, request: &Request) -> Option<Response> {
    let path = request.parts.uri.path();
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    match first {
        "__version__" => Some(document(StatusCode::OK, &version(&service.about))),
        "__lbheartbeat__" => Some(document(StatusCode::OK, &json!({}))),
        "__heartbeat__" => {
            let failing = failing(service).await;
            let (status, body) = match failing.is_empty() {
                true => (StatusCode::OK, json!({})),
                false => (StatusCode::SERVICE_UNAVAILABLE, json!({"failing": failing})),
            };
            Some(document(status, &body))
        }
        "robots.txt" => Some(response::text("User-Agent: *\nDisallow: /\n")),
        "references" | "schemas" if matches!(request.parts.method, Method::GET | Method::HEAD) => {
            let body = references::document(&service.about.root_url, path)?;
            let mut response = document(StatusCode::OK, &body);
            // Documentation sites fetch these from other origins.
            response.headers_mut().insert("access-control-allow-origin", HeaderValue::from_static("*"));
            Some(response)
        }
        _ => None,
    }
}

fn document(status: StatusCode, body: &Value) -> Response {
    // `{:#}` is indented by two spaces.
    response::json(&super::call::Reply { status, body: format!("{body:#}") })
}

/// The version object.
pub fn version(about: &About) -> Value {
    json!({
        "version": about.version,
        "commit": about.commit.unwrap_or("unknown"),
        "source": "",
        "build": "",
    })
}

/// What the service depends on and doesn't answer: `database`, `sink`.
pub async fn failing(service: &Service) -> Vec<&'static str> {
    let (database, sink) = tokio::join!(service.hooks.check(), service.engine.sink.check());
    let mut failing = Vec::new();
    if let Err(error) = database {
        tracing::error!(%error, "the database failed its check");
        failing.push("database");
    }
    if let Err(error) = sink {
        tracing::error!(%error, "the sink failed its check");
        failing.push("sink");
    }
    failing
}
