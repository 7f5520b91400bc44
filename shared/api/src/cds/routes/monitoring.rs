//! How the service is, and its maintenance.

use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};
use treble_core::cds::ServiceState;

use super::super::call::{Call, Reply};
use super::super::error::ApiError;
use super::super::figures::Figures;
use super::super::route::{Handling, Route};
use super::super::service::Service;

/// How long after the last heartbeat one is missing: they come each half minute.
const LATE: SignedDuration = SignedDuration::from_mins(3);

/// From how many executions that wait on the queue is long, and from how many on too long.
const LONG_QUEUE: u64 = 100;
const TOO_LONG_QUEUE: u64 = 1000;

/// `maintenance`: begins or ends a maintenance, as `enable` says: what is accepted meanwhile is done afterwards.
pub static MAINTENANCE: Route = Route {
    name: "maintenance",
    methods: &[Method::POST],
    path: "/admin/maintenance",
    authenticated: true,
    handler: maintenance,
};

fn maintenance<'a>(service: &'a Service, call: &'a Call<'a>) -> Handling<'a> {
    Box::pin(async move {
        let enable = match call.query("enable") {
            Some("true") => true,
            Some("false") => false,
            _ => return Err(ApiError::input("enable in the query must be true or false")),
        };
        let mut since = service.state.read().await?.maintenance_since;
        if since.is_some() != enable {
            since = enable.then_some(call.now);
            service.state.set_maintenance(since).await?;
        }
        Reply::json(&json!({"maintenance": enable, "since": since}))
    })
}

/// `version`: the release, and what it runs on.
pub static VERSION: Route = Route {
    name: "version",
    methods: &[Method::GET],
    path: "/mon/version",
    authenticated: false,
    handler: version,
};

fn version<'a>(service: &'a Service, _: &'a Call<'a>) -> Handling<'a> {
    Box::pin(async move {
        // As Go calls them, which CDS is written in.
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        Reply::json(&json!({
            "version": service.version, "architecture": architecture, "os": std::env::consts::OS,
        }))
    })
}

/// `status`: how the service is, in lines.
pub static STATUS: Route = Route {
    name: "status",
    methods: &[Method::GET],
    path: "/mon/status",
    authenticated: false,
    handler: status,
};

fn status<'a>(service: &'a Service, call: &'a Call<'a>) -> Handling<'a> {
    Box::pin(async move {
        let (state, figures) = tokio::try_join!(service.state.read(), service.figures(call.now))?;
        let mut lines = vec![Line::new("Version", service.version, Level::Ok)];
        lines.extend(figure_lines(figures));
        lines.extend(state_lines(&state, call.now));
        Reply::json(&json!({"now": call.now, "lines": lines}))
    })
}

/// What the service tells CDS of itself when it registers: what its own `/mon/status` says, but for figures that take a
/// reading of all tasks.
pub fn monitoring_status(version: &str, state: &ServiceState, now: Timestamp) -> Value {
    let mut lines = vec![Line::new("Version", version, Level::Ok)];
    lines.extend(state_lines(state, now));
    json!({"now": now, "lines": lines})
}

/// How well something is, in CDS's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
enum Level {
    #[serde(rename = "OK")]
    Ok,
    #[serde(rename = "WARN")]
    Warning,
    #[serde(rename = "AL")]
    Alert,
}

/// A line of the status.
#[derive(Debug, Serialize)]
struct Line {
    component: &'static str,
    value: String,
    status: Level,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl Line {
    fn new(component: &'static str, value: impl ToString, status: Level) -> Self {
        Self { component, value: value.to_string(), status, kind: "hooks" }
    }
}

fn figure_lines(figures: Figures) -> [Line; 4] {
    let warn_if = |wrong: bool| if wrong { Level::Warning } else { Level::Ok };
    let queue = match figures.todo {
        0..LONG_QUEUE => Level::Ok,
        LONG_QUEUE..TOO_LONG_QUEUE => Level::Warning,
        _ => Level::Alert,
    };
    [
        Line::new("Tasks", figures.tasks, Level::Ok),
        Line::new("Tasks stopped", figures.stopped, warn_if(figures.stopped > 0)),
        Line::new("Queue", figures.todo, queue),
        Line::new("Tasks to be cleaned", figures.crowded, warn_if(figures.crowded > 0)),
    ]
}

fn state_lines(state: &ServiceState, now: Timestamp) -> [Line; 2] {
    let registration = match (&state.last_error, state.registered) {
        (Some(error), Some(at)) => (format!("failing since {at}: {error}"), Level::Alert),
        (Some(error), None) => (format!("never succeeded: {error}"), Level::Alert),
        (None, Some(at)) if now.duration_since(at) > LATE => (format!("none since {at}"), Level::Warning),
        (None, Some(at)) => (at.to_string(), Level::Ok),
        (None, None) => ("never".into(), Level::Warning),
    };
    let maintenance = match state.maintenance_since {
        Some(since) => (format!("since {since}"), Level::Warning),
        None => ("no".into(), Level::Ok),
    };
    [
        Line::new("Registration", registration.0, registration.1),
        Line::new("Maintenance", maintenance.0, maintenance.1),
    ]
}
