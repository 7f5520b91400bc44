//! What a deployment answers outside the API: monitoring, and the documents that describe it.

use http::{HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use super::call::Reply;
use super::references;
use super::response::{self, Response};
use super::service::{About, Service};
use crate::request::Request;

/// The answer to a request for something outside the API's mount; None where that is nothing of ours.
pub async fn respond(service: &Service, request: &Request) -> Option<Response> {
    let path = request.parts.uri.path();
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    match first {
        "__version__" => Some(response::json(&version(&service.about))),
        "__lbheartbeat__" => Some(response::json(&Reply::empty())),
        "__heartbeat__" => Some(response::json(&heartbeat(service).await)),
        "robots.txt" => Some(response::text("User-Agent: *\nDisallow: /\n")),
        "references" | "schemas" if matches!(request.parts.method, Method::GET | Method::HEAD) => {
            let body = references::document(&service.about.root_url, path)?;
            let mut response = response::json(&document(StatusCode::OK, &body));
            // Documentation sites fetch these from other origins.
            response.headers_mut().insert("access-control-allow-origin", HeaderValue::from_static("*"));
            Some(response)
        }
        _ => None,
    }
}

fn document(status: StatusCode, body: &Value) -> Reply {
    // `{:#}` is indented by two spaces.
    Reply { status, body: format!("{body:#}") }
}

/// The version object.
pub fn version(about: &About) -> Reply {
    let version = json!({
        "version": about.version,
        "commit": about.commit.unwrap_or("unknown"),
        "source": "",
        "build": "",
    });
    document(StatusCode::OK, &version)
}

/// 200 when what the service depends on answers, 503 and what doesn't otherwise.
pub async fn heartbeat(service: &Service) -> Reply {
    let failing = failing(service).await;
    if failing.is_empty() {
        return Reply::empty();
    }
    document(StatusCode::SERVICE_UNAVAILABLE, &json!({"failing": failing}))
}

/// What the service depends on and doesn't answer: `database`, `sink`.
async fn failing(service: &Service) -> Vec<&'static str> {
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
