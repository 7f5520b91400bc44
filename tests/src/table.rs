//! Tables of requests with what must come back: the files in `tests/cases`, run in order against one server.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{API, Caller, Reply, Request, Server};

/// One request, and what must come back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// What the row is about.
    case: String,
    /// See [`Request::to`].
    send: String,
    /// `"anonymous"`, or the only scopes that the request may use.
    #[serde(default)]
    by: Value,
    #[serde(default)]
    headers: Map<String, Value>,
    /// A JSON body…
    body: Option<Value>,
    /// …or the text of one, with a content type only if `headers` has it.
    text: Option<String>,
    status: u16,
    /// The error's code.
    code: Option<String>,
    /// The error's whole message, ahead of its footer; `{root}` is the root URL, `{client}` the root client.
    says: Option<String>,
    /// Parts of the body's text.
    #[serde(default)]
    mentions: Vec<String>,
    /// The whole JSON reply, in its order.
    reply: Option<Value>,
    /// Members that the reply has among others, at any depth.
    has: Option<Value>,
    /// Headers of the reply; null for one that must be absent.
    #[serde(default)]
    replied: Map<String, Value>,
}

/// Runs the rows of a file's text; fails with a list of all rows that failed.
pub async fn run(server: &Server, rows: &str) {
    let rows: Vec<Row> = serde_json::from_str(rows).unwrap();
    let mut failures = Vec::new();
    for row in &rows {
        let reply = row.request().send(server).await;
        let wrong = row.judge(&reply, server);
        if !wrong.is_empty() {
            failures.push(format!("{} ({})\n    {}", row.case, row.send, wrong.join("\n    ")));
        }
    }
    assert!(failures.is_empty(), "{} of {} failed:\n{}", failures.len(), rows.len(), failures.join("\n"));
}

impl Row {
    fn request(&self) -> Request {
        let mut request = Request::to(&self.send);
        for (name, value) in &self.headers {
            request = request.header(name, value.as_str().expect("a header's value"));
        }
        if let Some(text) = &self.text {
            request = request.bytes(text.as_bytes());
        }
        if let Some(body) = &self.body {
            request = request.json(body);
        }
        match &self.by {
            Value::Null => request,
            Value::String(_) => request.anonymously(),
            scopes => request.by(Caller::With(serde_json::from_value(scopes.clone()).unwrap())),
        }
    }

    /// What is wrong with a reply.
    fn judge(&self, reply: &Reply, server: &Server) -> Vec<String> {
        let mut wrong = irregularities(reply);
        let text = reply.text();
        if reply.status != self.status {
            wrong.push(format!("status {}, expected {}: {text}", reply.status, self.status));
            return wrong;
        }
        if self.code.is_some() || self.says.is_some() {
            let (code, message) = reply.error();
            if self.code.as_ref().is_some_and(|expected| *expected != code) {
                wrong.push(format!("code {code}, expected {:?}", self.code));
            }
            let says = self.says.as_ref().map(|says| {
                says.replace("{root}", server.root_url()).replace("{client}", &server.credentials().client_id)
            });
            if says.as_ref().is_some_and(|says| *says != message) {
                wrong.push(format!("message {message:?}, expected {says:?}"));
            }
        }
        for part in &self.mentions {
            if !text.contains(part.as_str()) {
                wrong.push(format!("no {part:?} in {text}"));
            }
        }
        if let Some(expected) = &self.reply
            && serde_json::to_string_pretty(expected).unwrap() != text
        {
            wrong.push(format!("replied {text}, expected {expected}"));
        }
        if let Some(expected) = &self.has
            && !includes(&reply.json(), expected)
        {
            wrong.push(format!("replied {text}, expected {expected} in it"));
        }
        for (name, expected) in &self.replied {
            if reply.header(name) != expected.as_str() {
                wrong.push(format!("header {name}: {:?}, expected {expected}", reply.header(name)));
            }
        }
        wrong
    }
}

/// Whether `found` has all of `expected`'s members; arrays are compared whole.
fn includes(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            expected.iter().all(|(key, value)| found.get(key).is_some_and(|found| includes(found, value)))
        }
        _ => found == expected,
    }
}

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
