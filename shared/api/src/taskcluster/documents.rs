//! What a deployment answers beside the API: the documents that describe it, and a word to robots.

use http::{HeaderValue, Method, StatusCode};

use super::call::Reply;
use super::references;
use super::response::{self, Response};
use super::service::About;
use crate::request::Request;

/// The answer to a request for a document; None where there is none of that path.
pub fn respond(about: &About, request: &Request) -> Option<Response> {
    let path = request.parts.uri.path();
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let response = match first {
        "robots.txt" => response::text("User-Agent: *\nDisallow: /\n"),
        "references" | "schemas" if matches!(request.parts.method, Method::GET | Method::HEAD) => {
            let body = references::document(&about.root_url, path)?;
            // `{:#}` is indented by two spaces.
            let mut response = response::json(Reply { status: StatusCode::OK, body: format!("{body:#}") });
            // Documentation sites fetch these from other origins.
            response.headers_mut().insert("access-control-allow-origin", HeaderValue::from_static("*"));
            response
        }
        _ => return None,
    };
    Some(response::finish(request, response, false))
}
