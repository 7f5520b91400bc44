//! What API Gateway hands over: an HTTP API's event, payload format 2.0.
//!
//! `lambda_http` makes an `http::Request` of such an event, but through a URL parser that rewrites paths, and fails the whole
//! invocation on one that it can't parse. Here the path is kept as it was delivered, as a signature may be over it.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use serde::Deserialize;
use treble_api::request::Request;
use treble_api::taskcluster::delivered;
use treble_api::taskcluster::route::Route;

/// The part of the event that is the request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event {
    raw_path: String,
    raw_query_string: Option<String>,
    /// Names in lower case; several headers of one name come as one, with commas in between.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
    request_context: Context,
}

#[derive(Debug, Deserialize)]
struct Context {
    http: Http,
}

#[derive(Debug, Deserialize)]
struct Http {
    method: String,
}

/// Why an event is no request. API Gateway sends no such event.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoRequest {
    #[error("the event's body says that it is base64, and isn't")]
    Body(#[source] base64::DecodeError),
    #[error("the event's path must begin with a slash, unlike {0:?}")]
    Path(String),
    #[error("the event is no HTTP request")]
    Http(#[from] http::Error),
}

impl Event {
    /// The request, for a function of these routes.
    pub(crate) fn into_request(self, routes: &[&Route]) -> Result<Request, NoRequest> {
        let method: Method = self.request_context.http.method.parse().map_err(http::Error::from)?;
        if !self.raw_path.starts_with('/') {
            return Err(NoRequest::Path(self.raw_path));
        }
        let query = self.raw_query_string.as_deref().unwrap_or_default();
        let (uri, delivered) = delivered::resource(routes, &method, &self.raw_path, query);
        let body = match self.body {
            None => Bytes::new(),
            Some(text) if self.is_base64_encoded => STANDARD.decode(text).map_err(NoRequest::Body)?.into(),
            Some(text) => text.into(),
        };
        let mut request = http::Request::builder().method(method).uri(uri).body(body)?;
        let headers = self.headers.iter().filter_map(|(name, value)| {
            // What isn't a header was none on the wire either.
            Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
        });
        request.headers_mut().extend(headers);
        Ok(Request { delivered, ..Request::complete(request) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use treble_api::request::Body;
    use treble_api::taskcluster::ROUTES;

    use super::*;

    fn event(changes: Value) -> Event {
        let mut event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/api/hooks/v1/ping", "rawQueryString": "",
            "headers": {"host": "x.example", "content-type": "application/json"},
            "requestContext": {"stage": "$default", "http": {"method": "GET", "path": "/ignored"}},
            "isBase64Encoded": false,
        });
        for (key, value) in changes.as_object().unwrap() {
            event[key] = value.clone();
        }
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn paths_stay_as_they_were_delivered() {
        let cases = [
            ("/api/hooks/v1/hooks/g/a%2Fb", "", "/api/hooks/v1/hooks/g/a%2Fb", None),
            (
                "/api/hooks/v1/hooks/g/a/b",
                "",
                "/api/hooks/v1/hooks/g/a%2Fb",
                Some("/api/hooks/v1/hooks/g/a/b"),
            ),
            ("/x/../y//z", "a=%20&b", "/x/../y//z?a=%20&b", None),
            ("/x y", "q=ü d", "/x%20y?q=%C3%BC%20d", Some("/x y?q=ü d")),
        ];
        for (path, query, uri, delivered) in cases {
            let event = event(json!({"rawPath": path, "rawQueryString": query}));
            let request = event.into_request(ROUTES).unwrap();
            assert_eq!(
                (request.parts.uri.to_string().as_str(), request.delivered.as_deref()),
                (uri, delivered)
            );
        }
    }

    #[test]
    fn bodies_come_as_text_or_as_base64() {
        let cases = [
            (json!({}), &b""[..]),
            (json!({"body": null}), b""),
            (json!({"body": "{\"a\": \"ü\"}"}), "{\"a\": \"ü\"}".as_bytes()),
            (json!({"body": "H4s/", "isBase64Encoded": true}), &[0x1f, 0x8b, 0x3f]),
        ];
        for (changes, expected) in cases {
            let request = event(changes).into_request(ROUTES).unwrap();
            assert_eq!(request.body, Body::Complete(Bytes::copy_from_slice(expected)));
        }
        let broken = event(json!({"body": "§", "isBase64Encoded": true})).into_request(ROUTES);
        assert!(matches!(broken, Err(NoRequest::Body(_))));
    }

    #[test]
    fn headers_are_those_of_the_wire() {
        let event =
            event(json!({"headers": {"Accept": "a, b", "x-ü": "1", "x-latin": "grün", "x-nl": "a\nb"}}));
        let request = event.into_request(ROUTES).unwrap();
        assert_eq!(request.header("accept"), Some("a, b"));
        assert_eq!(request.parts.headers.len(), 2);
    }

    #[test]
    fn what_is_no_request_is_an_error() {
        for changes in [
            json!({"requestContext": {"http": {"method": "G E T"}}}),
            json!({"rawPath": "nowhere"}),
            json!({"rawPath": ""}),
        ] {
            assert!(event(changes.clone()).into_request(ROUTES).is_err(), "{changes}");
        }
    }
}
