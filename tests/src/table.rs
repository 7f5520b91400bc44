//! Tables of requests with what must come back: the files in `tests/cases`, run in order against one server.

mod raw;
mod regular;
mod signed;
mod text;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value};

use self::signed::Signed;
use self::text::Text;
use crate::{Caller, Reply, Request, Server, definition};

pub use regular::irregularities;

/// What no answer may take; far above what any does, for a machine that is busy.
pub const SOON: Duration = Duration::from_secs(10);

/// One request, and what must come back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// What the row is about.
    case: String,
    /// See [`Request::to`].
    send: Text,
    /// `"anonymous"`, or the only scopes that the request may use.
    #[serde(default)]
    by: Value,
    /// What is wrong with the signature, where something is.
    signed: Option<Signed>,
    #[serde(default)]
    headers: BTreeMap<String, Text>,
    /// A JSON body…
    body: Option<Value>,
    /// …or that of the usual definition with these members…
    hook: Option<Map<String, Value>>,
    /// …or the text of one, with a content type only if `headers` has it…
    text: Option<Text>,
    /// …or its bytes, in base64.
    base64: Option<String>,
    /// The whole request as it is written, in pieces with pauses between them; `{host}` is the server's. `send` only
    /// says what it is.
    raw: Option<Vec<Text>>,
    /// Whether the client writes nothing after those, and says so.
    #[serde(default)]
    ends: bool,
    /// Whether the HTTP library answers ahead of the service: with a status, and without a body.
    #[serde(default)]
    bare: bool,
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

/// Runs the rows of a file's text, and prints which took longest; fails with a list of all rows that failed.
#[allow(clippy::print_stdout, reason = "a measurement is for whoever looks at it")]
pub async fn run(server: &Server, rows: &str) {
    let rows: Vec<Row> = serde_json::from_str(rows).unwrap();
    let mut failures = Vec::new();
    let mut slowest = (Duration::ZERO, "");
    for row in &rows {
        let started = Instant::now();
        let reply = row.exchange(server).await;
        let taken = started.elapsed();
        slowest = slowest.max((taken, &row.case));
        let mut wrong = row.judge(&reply, server);
        if taken > SOON {
            wrong.push(format!("took {taken:?}"));
        }
        if !wrong.is_empty() {
            let send = row.send.whole();
            failures.push(format!("{} ({send:.200})\n    {}", row.case, wrong.join("\n    ")));
        }
    }
    println!("the slowest of {}: {:?}, {}", rows.len(), slowest.0, slowest.1);
    assert!(failures.is_empty(), "{} of {} failed:\n{}", failures.len(), rows.len(), failures.join("\n"));
}

impl Row {
    async fn exchange(&self, server: &Server) -> Reply {
        let request = self.request(server);
        let Some(pieces) = &self.raw else {
            return request.send(server).await;
        };
        let written = |piece: &Text| piece.whole().replace("{host}", server.address()).into_bytes();
        let pieces: Vec<Vec<u8>> = pieces.iter().map(written).collect();
        raw::exchange(server, &pieces, self.ends, request.target().1)
    }

    fn request(&self, server: &Server) -> Request {
        let mut request = Request::to(&self.send.whole());
        for (name, value) in &self.headers {
            request = request.header(name, &value.whole());
        }
        if let Some(text) = &self.text {
            request = request.bytes(text.whole());
        }
        if let Some(bytes) = &self.base64 {
            request = request.bytes(STANDARD.decode(bytes).unwrap());
        }
        if let Some(members) = &self.hook {
            let mut hook = definition();
            hook.as_object_mut().unwrap().extend(members.clone());
            request = request.json(&hook);
        }
        if let Some(body) = &self.body {
            request = request.json(body);
        }
        if let Some(signed) = &self.signed {
            return signed.sign(request, server.signer());
        }
        match &self.by {
            Value::Null => request,
            Value::String(_) => request.anonymously(),
            scopes => request.by(Caller::With(serde_json::from_value(scopes.clone()).unwrap())),
        }
    }

    /// What is wrong with a reply.
    fn judge(&self, reply: &Reply, server: &Server) -> Vec<String> {
        let mut wrong = if self.bare { with_body(reply) } else { irregularities(reply) };
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

/// What is wrong with a reply that should have no body.
fn with_body(reply: &Reply) -> Vec<String> {
    if reply.body.is_empty() { Vec::new() } else { vec![format!("a body: {}", reply.text())] }
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
