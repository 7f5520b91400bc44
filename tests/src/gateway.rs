//! API Gateway, as far as clients and functions see it: an HTTP API that turns requests into events (payload format 2.0)
//! for one function per route.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use std::collections::{BTreeMap, HashMap};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use treble_api::taskcluster::ALL_ROUTES;
use treble_api::taskcluster::route::{below_mount, find};
use treble_api::{ccx, cds};

use crate::stub::{self, Answer, Incoming};
use crate::{Lambda, Recorder};

/// In which form a function gets a path, and which function gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// As it was sent, to the function of its route.
    AsSent,
    /// Percent-decoded, to the function of its route.
    Decoded,
    /// Percent-decoded, and the route is found by what that is: a path with a decoded slash goes to `default`.
    DecodedFirst,
}

/// A running gateway, with functions that are started when they are first needed.
pub struct Gateway {
    state: Arc<State>,
}

struct State {
    environment: Vec<(String, String)>,
    /// Where each function finds AWS, if not where the environment says.
    recorder: Option<Recorder>,
    delivery: Mutex<Delivery>,
    functions: Mutex<HashMap<String, Arc<Lambda>>>,
    last_event: Mutex<Value>,
}

impl Gateway {
    /// One whose functions have this environment, and whose calls of AWS are recorded, if so.
    pub(crate) fn start(
        listener: TcpListener,
        environment: Vec<(String, String)>,
        recorder: Option<Recorder>,
    ) -> Gateway {
        let state = Arc::new(State {
            environment,
            recorder,
            delivery: Mutex::new(Delivery::AsSent),
            functions: Mutex::default(),
            last_event: Mutex::default(),
        });
        let served = Arc::clone(&state);
        stub::serve(listener, move |request| served.answer(request));
        Gateway { state }
    }

    /// Delivers paths so from now on.
    pub fn deliver(&self, delivery: Delivery) {
        *self.state.delivery.lock().unwrap() = delivery;
    }

    /// The last event, as a function was given it.
    pub fn last_event(&self) -> Value {
        self.state.last_event.lock().unwrap().clone()
    }

    /// The environment of the functions.
    pub fn environment(&self) -> &[(String, String)] {
        &self.state.environment
    }
}

impl State {
    fn answer(&self, request: &Incoming) -> Answer {
        let delivery = *self.delivery.lock().unwrap();
        let (path, query) = request.resource.split_once('?').unwrap_or((&request.resource, ""));
        let decoded = percent_decode_str(path).decode_utf8_lossy();
        let delivered = if delivery == Delivery::AsSent { path } else { &decoded };
        let matched = if delivery == Delivery::DecodedFirst { &decoded } else { path };
        let function = self.function(&function_of(&request.method, matched));
        let event = event(request, delivered, query);
        let reply = function.invoke(&event);
        *self.last_event.lock().unwrap() = event;
        answer_of(&reply)
    }

    fn function(&self, name: &str) -> Arc<Lambda> {
        let mut functions = self.functions.lock().unwrap();
        let start = || {
            let recorded =
                self.recorder.as_ref().map(|recorder| recorder.environment(name, &self.environment));
            Arc::new(Lambda::start(name, recorded.as_ref().unwrap_or(&self.environment)))
        };
        Arc::clone(functions.entry(name.to_owned()).or_insert_with(start))
    }
}

/// The function of the route that a request is for; `default`, where it is for none, as a HEAD is, or a path outside the mount.
fn function_of(method: &str, path: &str) -> String {
    if ccx::is_path(path) && method == "POST" {
        return "ccx".to_owned();
    }
    if cds::is_path(path) {
        let method = if method == "HEAD" { None } else { method.parse().ok() };
        let route = method.and_then(|method| cds::routes::route_of(&method, path));
        return route.map_or_else(|| "default".to_owned(), cds::Route::function);
    }
    let route = below_mount(path).and_then(|path| find(ALL_ROUTES, &method.parse().ok()?, &path));
    route
        .filter(|route| route.method.as_str() == method)
        .map_or_else(|| "default".to_owned(), |route| route.function())
}

/// A request as an event.
pub(crate) fn event(request: &Incoming, path: &str, query: &str) -> Value {
    // Several headers of one name come as one.
    let mut headers: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in &request.headers {
        let joined = headers.entry(name).or_default();
        *joined = if joined.is_empty() { value.clone() } else { format!("{joined},{value}") };
    }
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000", "apiId": "api", "domainName": "api.example.com", "domainPrefix": "api",
            "http": {"method": request.method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
                     "userAgent": "tests"},
            "requestId": "id", "routeKey": "$default", "stage": "$default",
            "time": "25/Nov/2026:08:00:00 +0000", "timeEpoch": 1_795_593_600_000_u64,
        },
        "isBase64Encoded": false,
    });
    if !request.body.is_empty() {
        let plain = !headers.contains_key("content-encoding") && is_text(headers.get("content-type"));
        let text = String::from_utf8(request.body.clone()).ok().filter(|_| plain);
        event["isBase64Encoded"] = text.is_none().into();
        event["body"] = text.unwrap_or_else(|| STANDARD.encode(&request.body)).into();
    }
    event
}

/// Whether API Gateway hands over bodies of this type as text.
fn is_text(content_type: Option<&String>) -> bool {
    content_type.is_none_or(|value| value.starts_with("text/") || value.contains("json"))
}

fn answer_of(reply: &Value) -> Answer {
    let text = reply["body"].as_str().unwrap_or_default();
    let base64 = reply["isBase64Encoded"] == true;
    let body = if base64 { STANDARD.decode(text).unwrap() } else { text.as_bytes().to_vec() };
    let headers = reply["headers"].as_object().unwrap().iter();
    let headers = headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
    Answer { status: reply["statusCode"].as_u64().unwrap().try_into().unwrap(), headers, body }
}
