//! What senders send, and what workflows get of it: the rows of `cases/cds.json`, a task for each, all in one server.

use std::collections::BTreeMap;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::Sha256;
use treble_tests::{CdsWorld, Reply, Request, node_hook};

/// What all senders know who sign.
const SECRET: &str = "s3cret";

/// A request, and what comes of it: a run with what it `gets`, or an execution that is `skipped` or `fails`, or an error.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    case: String,
    #[serde(default = "webhook")]
    model: String,
    #[serde(default)]
    config: Map<String, Value>,
    /// The method, and the query if there is one.
    send: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// A JSON body…
    body: Option<Value>,
    /// …or a text, in which…
    text: Option<String>,
    /// …`{}` is this, so many times…
    repeat: Option<(String, usize)>,
    /// …or bytes, in base64.
    base64: Option<String>,
    /// Whether it is sent compressed.
    #[serde(default)]
    gzip: bool,
    /// The header that has the body's HMAC.
    signed: Option<String>,
    #[serde(default = "ok")]
    status: u16,
    /// Whether the answer has the request.
    #[serde(default = "yes")]
    echoed: bool,
    /// All that the workflow gets, but for what all get of that model; `payload` is the body unless it says otherwise.
    gets: Option<BTreeMap<String, String>>,
    skipped: Option<String>,
    fails: Option<String>,
}

fn webhook() -> String {
    "WebHook".to_owned()
}

fn ok() -> u16 {
    200
}

fn yes() -> bool {
    true
}

impl Row {
    fn content(&self) -> Option<Vec<u8>> {
        if let Some(body) = &self.body {
            return Some(body.to_string().into_bytes());
        }
        if let Some(bytes) = &self.base64 {
            return Some(STANDARD.decode(bytes).unwrap());
        }
        self.text.as_ref().map(|text| self.repeated(text).into_bytes())
    }

    fn repeated(&self, text: &str) -> String {
        match &self.repeat {
            Some((part, times)) => text.replace("{}", &part.repeat(*times)),
            None => text.to_owned(),
        }
    }

    fn request(&self, uuid: &str) -> Request {
        let (method, query) = self.send.split_once(' ').unwrap_or((&self.send, ""));
        let mut request = Request::to(&format!("{method} ^/webhook/{uuid}{query}")).anonymously();
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if self.body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let Some(content) = self.content() else { return request };
        if let Some(header) = &self.signed {
            let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
            mac.update(&content);
            let digits: String =
                mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
            request = request.header(header, &format!("sha256={digits}"));
        }
        if !self.gzip {
            return request.bytes(content);
        }
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&content).unwrap();
        request.header("content-encoding", "gzip").bytes(encoder.finish().unwrap())
    }

    /// What is wrong with what came of it.
    async fn judge(&self, world: &CdsWorld, uuid: &str, reply: &Reply) -> Vec<String> {
        if reply.status != self.status {
            return vec![format!("status {}, expected {}: {:.300}", reply.status, self.status, reply.text())];
        }
        let mut wrong = Vec::new();
        let runs = world.runs(uuid);
        if self.status != 200 {
            let message = &reply.json()["message"];
            if message.as_str().is_none_or(str::is_empty) || reply.json()["status"] != json!(self.status) {
                wrong.push(format!("an error that says nothing: {}", reply.text()));
            }
            if !runs.is_empty() || !world.executions(uuid).await.is_empty() {
                wrong.push("it was refused, and accepted".to_owned());
            }
            return wrong;
        }
        let accepted = reply.json();
        if accepted.get("webhook").is_some() != self.echoed {
            wrong.push(format!("answered {:.300}", reply.text()));
        }
        let over = world.over(&accepted).await;
        let error = over["last_error"].as_str().unwrap_or_default();
        match (&self.gets, &self.skipped, &self.fails) {
            (Some(gets), None, None) => {
                let expected = self.expected(gets, world.server().root_url(), uuid);
                match &runs[..] {
                    [run] if run.payload == expected && over["workflow_run"] == json!(run.number) => {}
                    other => wrong.push(format!("{error} ran {other:.2000?}, expected {expected:.1000}")),
                }
            }
            (None, Some(why), None) if runs.is_empty() && error == format!("skipped: {why}") => {}
            (None, None, Some(why)) if runs.is_empty() && error.contains(why) => {
                if over["nb_errors"] != 1 {
                    wrong.push(format!("it counts {} errors", over["nb_errors"]));
                }
            }
            _ => wrong.push(format!("last_error {error:?}, runs {runs:.1000?}")),
        }
        wrong
    }

    /// The whole payload.
    fn expected(&self, gets: &BTreeMap<String, String>, root_url: &str, uuid: &str) -> Value {
        let mut payload: BTreeMap<String, String> =
            gets.iter().map(|(name, text)| (name.clone(), self.repeated(text))).collect();
        payload
            .entry("payload".to_owned())
            .or_insert_with(|| String::from_utf8(self.content().unwrap()).unwrap());
        if self.model == "WebHook" {
            payload.insert("cds.triggered_by.username".to_owned(), "cds.webhook".to_owned());
            payload.insert("cds.triggered_by.fullname".to_owned(), "CDS Webhook".to_owned());
            payload.insert("webHookURL".to_owned(), format!("{root_url}/webhook/{uuid}"));
        }
        json!(payload)
    }
}

#[tokio::test]
async fn workflows_get_what_senders_say() {
    let rows: Vec<Row> = serde_json::from_str(include_str!("../../../cases/cds.json")).unwrap();
    let world = CdsWorld::start().await;
    let uuid = |number: usize| format!("row-{number}");
    let nodes: Map<String, Value> = (0..)
        .zip(&rows)
        .map(|(number, row)| {
            let node = node_hook(&uuid(number), &row.model, &json!(row.config));
            world.knows(&node);
            (uuid(number), node)
        })
        .collect();
    world.tell("POST /task/bulk", &json!(nodes)).await;

    let mut replies = Vec::new();
    for (number, row) in (0..).zip(&rows) {
        replies.push(world.send(&row.request(&uuid(number))).await);
    }
    let mut failures = Vec::new();
    for (number, (row, reply)) in rows.iter().zip(&replies).enumerate() {
        let wrong = row.judge(&world, &uuid(number), reply).await;
        if !wrong.is_empty() {
            failures.push(format!("{} (row {number})\n    {}", row.case, wrong.join("\n    ")));
        }
    }
    assert!(failures.is_empty(), "{} of {} failed:\n{}", failures.len(), rows.len(), failures.join("\n"));
    assert!(!world.ask("GET /task").await.to_string().contains(SECRET));
}
