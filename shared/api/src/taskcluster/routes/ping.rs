//! Whether the service is there, in four ways.

use http::StatusCode;
use serde_json::json;

use super::super::call::{Call, Reply};
use super::super::route::{Handling, Route};
use super::super::service::Service;

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
    alias: Some("__version__"),
    title: "Version",
    description: "Respond with the release that runs.",
    category: "Monitoring",
    handler: version,
    ..Route::DEFAULT
};

fn version<'a>(service: &'a Service, _: &'a mut Call) -> Handling<'a> {
    let about = &service.about;
    Box::pin(async move {
        Reply::json(&json!({
            "version": about.version,
            "commit": about.commit.unwrap_or("unknown"),
            "source": "",
            "build": "",
        }))
    })
}

/// `heartbeat`: whether what the service depends on answers.
pub static HEARTBEAT: Route = Route {
    name: "heartbeat",
    path: "/__heartbeat__",
    alias: Some("__heartbeat__"),
    title: "Heartbeat",
    description: "Respond with 200 when the database and the sink of tasks answer, with 503 and which of them \
                  don't otherwise.",
    category: "Monitoring",
    handler: heartbeat,
    ..Route::DEFAULT
};

fn heartbeat<'a>(service: &'a Service, _: &'a mut Call) -> Handling<'a> {
    Box::pin(async move {
        match failing(service).await.as_slice() {
            [] => Ok(Reply::empty()),
            failing => Reply::with_status(StatusCode::SERVICE_UNAVAILABLE, &json!({"failing": failing})),
        }
    })
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

/// `lbheartbeat`: whether the process answers.
pub static LBHEARTBEAT: Route = Route {
    name: "lbheartbeat",
    path: "/__lbheartbeat__",
    alias: Some("__lbheartbeat__"),
    title: "Load Balancer Heartbeat",
    description: "Respond without asking anything that the service depends on.",
    category: "Monitoring",
    ..Route::DEFAULT
};
