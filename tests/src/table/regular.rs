//! What every reply of the service has, whatever it answers.

use serde_json::Value;

use crate::{API, Reply};

/// Departures from what every reply of the service has.
pub fn irregularities(reply: &Reply) -> Vec<String> {
    let mut wrong = Vec::new();
    if reply.status >= 500 {
        wrong.push(format!("a server error: {}", reply.status));
    }
    let everywhere: &[(&str, &str)] = &[
        ("content-security-policy", "report-uri /__cspreport__;default-src 'none';frame-ancestors 'none';"),
        ("x-content-type-options", "nosniff"),
    ];
    let below_api: &[(&str, &str)] = &[
        ("access-control-allow-origin", "*"),
        ("access-control-max-age", "900"),
        ("access-control-allow-methods", "OPTIONS,GET,HEAD,POST,PUT,DELETE,TRACE,CONNECT"),
        ("access-control-request-method", "*"),
        (
            "access-control-allow-headers",
            "X-Requested-With,Content-Type,Authorization,Accept,Origin,Cache-Control",
        ),
        ("cache-control", "no-store no-cache must-revalidate"),
        ("vary", "Accept-Encoding"),
    ];
    let api = if reply.path.starts_with(&format!("{API}/")) { below_api } else { &[] };
    for (name, value) in everywhere.iter().chain(api) {
        if reply.header(name) != Some(value) {
            wrong.push(format!("header {name}: {:?}, expected {value:?}", reply.header(name)));
        }
    }
    for name in ["x-for-trace-id", "x-for-request-id"] {
        if reply.header(name).is_none() {
            wrong.push(format!("no header {name}"));
        }
    }
    let compressed = reply.header("content-encoding").is_some();
    let json = reply.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
    if json && !compressed && !reply.body.is_empty() {
        wrong.extend(json_irregularities(reply));
    } else if reply.status >= 400 && !reply.body.is_empty() {
        wrong.push(format!("an error that isn't JSON: {}", reply.text()));
    }
    wrong
}

fn json_irregularities(reply: &Reply) -> Vec<String> {
    let mut wrong = Vec::new();
    if reply.header("content-type") != Some("application/json; charset=utf-8") {
        wrong.push(format!("content-type: {:?}", reply.header("content-type")));
    }
    if !reply.header("etag").is_some_and(|tag| tag.starts_with("W/\"") && tag.ends_with('"')) {
        wrong.push(format!("etag: {:?}", reply.header("etag")));
    }
    let body = reply.json();
    if serde_json::to_string_pretty(&body).unwrap() != reply.text() {
        wrong.push(format!("not printed with two spaces: {:?}", reply.text()));
    }
    if reply.status >= 400 {
        let info = &body["requestInfo"];
        let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
        let footer = format!(
            "\n\n---\n\n* method:     {}\n* errorCode:  {}\n* statusCode: {}\n* time:       {}",
            text(&info["method"]),
            text(&body["code"]),
            reply.status,
            text(&info["time"]),
        );
        if !text(&body["message"]).ends_with(&footer) {
            wrong.push(format!("no footer {footer:?} in {body}"));
        }
        if !info["params"].is_object() {
            wrong.push(format!("no requestInfo.params in {body}"));
        }
    }
    wrong
}
