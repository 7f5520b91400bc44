//! Whether the service is there, in four ways.

use serde_json::json;

use super::super::call::{Call, Reply};
use super::super::route::{Handling, Route};
use super::super::service::Service;
use super::super::system;

/// `ping`: whether the service answers.
pub static PING: Route = Route {
    name: "ping",
    path: "/ping",
    title: "Ping Server",
    description: "Respond without doing anything: the service is up.",
    category: "Monitoring",
    handler: ping,
    ..Route::DEFAULT
};

fn ping<'a>(service: &'a Service, call: &'a mut Call) -> Handling<'a> {
    Box::pin(async move {
        let uptime = call.now.duration_since(service.about.started).as_secs_f64();
        Reply::json(&json!({"alive": true, "uptime": uptime}))
    })
}

/// `version`: which release answers.
pub static VERSION: Route = Route {
    name: "version",
    path: "/__version__",
    title: "Version",
    description: "Respond with the release that runs.",
    category: "Monitoring",
    handler: version,
    ..Route::DEFAULT
};

fn version<'a>(service: &'a Service, _: &'a mut Call) -> Handling<'a> {
    Box::pin(async move { Ok(system::version(&service.about)) })
}

/// `heartbeat`: whether what the service depends on answers.
pub static HEARTBEAT: Route = Route {
    name: "heartbeat",
    path: "/__heartbeat__",
    title: "Heartbeat",
    description: "Respond with 200 when the database and the sink of tasks answer, with 503 and which of them \
                  don't otherwise.",
    category: "Monitoring",
    handler: heartbeat,
    ..Route::DEFAULT
};

fn heartbeat<'a>(service: &'a Service, _: &'a mut Call) -> Handling<'a> {
    Box::pin(async move { Ok(system::heartbeat(service).await) })
}

/// `lbheartbeat`: whether the process answers.
pub static LBHEARTBEAT: Route = Route {
    name: "lbheartbeat",
    path: "/__lbheartbeat__",
    title: "Load Balancer Heartbeat",
    description: "Respond without asking anything that the service depends on.",
    category: "Monitoring",
    ..Route::DEFAULT
};
