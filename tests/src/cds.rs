//! A CDS, as far as a hooks service has to do with it: where services register, hooks are listed and workflows are run. It
//! checks tokens and hashes as the real one does.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::stub::{Answer, Door, Incoming};
use crate::taskcluster::{Trouble, troubled};

/// A running CDS, which is over with the test.
pub struct Cds {
    door: Door,
    state: Arc<State>,
}

/// A workflow's run that was started.
#[derive(Debug, Clone, PartialEq)]
pub struct CdsRun {
    /// The project's key.
    pub project: String,
    /// The workflow's name.
    pub workflow: String,
    /// The run's number: runs of a workflow count from 1.
    pub number: u64,
    /// The task that asked for it.
    pub uuid: String,
    /// What it was given.
    pub payload: Value,
    /// When.
    pub at: Timestamp,
}

struct State {
    token: String,
    /// How many hashes there have been: the last one is good.
    hashes: Mutex<u64>,
    registrations: Mutex<Vec<Value>>,
    heartbeats: Mutex<Vec<Value>>,
    /// What the listing of hooks answers.
    hooks: Mutex<String>,
    runs: Mutex<Vec<CdsRun>>,
    /// When it was asked for runs, whatever came of it.
    asked: Mutex<Vec<Timestamp>>,
    /// What befalls the next calls of each kind.
    registration_trouble: Mutex<VecDeque<Trouble>>,
    hooks_trouble: Mutex<VecDeque<Trouble>>,
    runs_trouble: Mutex<VecDeque<Trouble>>,
}

impl Cds {
    /// One that lets services with this token register, and knows no hooks.
    pub fn start(token: &str) -> Cds {
        let state = Arc::new(State {
            token: token.to_owned(),
            hashes: Mutex::new(1),
            registrations: Mutex::default(),
            heartbeats: Mutex::default(),
            hooks: Mutex::new("[]".to_owned()),
            runs: Mutex::default(),
            asked: Mutex::default(),
            registration_trouble: Mutex::default(),
            hooks_trouble: Mutex::default(),
            runs_trouble: Mutex::default(),
        });
        let served = Arc::clone(&state);
        Cds { door: Door::open(move |request| served.answer(request)), state }
    }

    /// The URL of its API.
    pub fn api_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.door.port())
    }

    /// The hash that is good at the moment.
    pub fn hash(&self) -> String {
        self.state.hash()
    }

    /// What a call from CDS carries: the header `X_AUTH_HEADER`.
    pub fn auth_header(&self) -> String {
        STANDARD.encode(self.hash())
    }

    /// Has another hash from now on, as if it had been set up anew: calls with the old one are refused.
    pub fn forget_services(&self) {
        *self.state.hashes.lock().unwrap() += 1;
    }

    /// The bodies of the registrations that went well.
    pub fn registrations(&self) -> Vec<Value> {
        self.state.registrations.lock().unwrap().clone()
    }

    /// The bodies of the heartbeats of newer services.
    pub fn heartbeats(&self) -> Vec<Value> {
        self.state.heartbeats.lock().unwrap().clone()
    }

    /// The hooks that it lists from now on.
    pub fn has_hooks(&self, hooks: &Value) {
        self.lists(&hooks.to_string());
    }

    /// What it answers to who asks for the hooks: any text.
    pub fn lists(&self, text: &str) {
        text.clone_into(&mut self.state.hooks.lock().unwrap());
    }

    /// The runs that were started, in their order.
    pub fn runs(&self) -> Vec<CdsRun> {
        self.state.runs.lock().unwrap().clone()
    }

    /// When it was asked for runs, whatever came of it.
    pub fn asked(&self) -> Vec<Timestamp> {
        self.state.asked.lock().unwrap().clone()
    }

    /// What befalls the next registrations and heartbeats.
    pub fn registration_has(&self, trouble: impl IntoIterator<Item = Trouble>) {
        *self.state.registration_trouble.lock().unwrap() = trouble.into_iter().collect();
    }

    /// What befalls the next listings of hooks.
    pub fn listing_has(&self, trouble: impl IntoIterator<Item = Trouble>) {
        *self.state.hooks_trouble.lock().unwrap() = trouble.into_iter().collect();
    }

    /// What befalls the next calls that ask for a run; those that are lost or fail start none.
    pub fn runs_have(&self, trouble: impl IntoIterator<Item = Trouble>) {
        *self.state.runs_trouble.lock().unwrap() = trouble.into_iter().collect();
    }

    /// Goes down: connections are cut and refused.
    pub fn go_down(&mut self) {
        self.door.close();
    }

    /// Comes back at the same address, with all that it knew.
    pub fn come_back(&mut self) {
        self.door.reopen();
    }
}

impl State {
    fn hash(&self) -> String {
        format!("hash-{}", self.hashes.lock().unwrap())
    }

    fn answer(&self, request: &Incoming) -> Answer {
        let path = request.resource.split('?').next().unwrap_or_default();
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        match (request.method.as_str(), &segments[..]) {
            ("POST", ["services", "register"]) => {
                troubled(&self.registration_trouble, || self.register(request))
            }
            ("POST", ["services", "heartbeat"]) => troubled(&self.registration_trouble, || {
                self.authorized(request, || {
                    self.heartbeats.lock().unwrap().push(body(request));
                    Answer::json(204, "")
                })
            }),
            ("GET", ["workflow", "hook"]) => troubled(&self.hooks_trouble, || {
                self.authorized(request, || Answer::json(200, self.hooks.lock().unwrap()))
            }),
            ("POST", ["project", project, "workflows", workflow, "runs"]) => {
                self.asked.lock().unwrap().push(Timestamp::now());
                troubled(&self.runs_trouble, || {
                    self.authorized(request, || self.run(project, workflow, &body(request)))
                })
            }
            _ => refusal(404, "resource not found"),
        }
    }

    fn register(&self, request: &Incoming) -> Answer {
        let service = body(request);
        if service["token"].as_str() != Some(&self.token) {
            return refusal(401, "not authorized");
        }
        if service["type"] != "hooks" || !service["http_url"].is_string() || !service["name"].is_string() {
            return refusal(400, "wrong request");
        }
        self.registrations.lock().unwrap().push(service.clone());
        let (name, url) = (&service["name"], &service["http_url"]);
        Answer::json(
            200,
            json!({"id": 1, "name": name, "type": "hooks", "http_url": url, "hash": self.hash()}),
        )
    }

    /// An answer to who knows the hash.
    fn authorized(&self, request: &Incoming, answer: impl FnOnce() -> Answer) -> Answer {
        let expected = STANDARD.encode(self.hash());
        if request.header("x_auth_header") == Some(&expected) {
            answer()
        } else {
            refusal(401, "not authorized")
        }
    }

    fn run(&self, project: &str, workflow: &str, asked: &Value) -> Answer {
        let decoded = |segment: &str| percent_decode_str(segment).decode_utf8().unwrap().into_owned();
        let (project, workflow) = (decoded(project), decoded(workflow));
        let hook = &asked["hook"];
        let payload: Option<BTreeMap<String, String>> = serde_json::from_value(hook["payload"].clone()).ok();
        let (Some(uuid), Some(_)) = (hook["uuid"].as_str(), payload) else {
            return refusal(400, "wrong request");
        };
        let mut runs = self.runs.lock().unwrap();
        let earlier = runs.iter().filter(|run| run.project == project && run.workflow == workflow).count();
        let number = u64::try_from(earlier).unwrap() + 1;
        runs.push(CdsRun {
            project,
            workflow,
            number,
            uuid: uuid.to_owned(),
            payload: hook["payload"].clone(),
            at: Timestamp::now(),
        });
        Answer::json(202, json!({"id": runs.len(), "num": number, "status": "Building"}))
    }
}

/// The body as JSON; null where it is none.
fn body(request: &Incoming) -> Value {
    serde_json::from_slice(&request.body).unwrap_or_default()
}

/// An error as CDS answers it.
fn refusal(status: u16, message: &str) -> Answer {
    Answer::json(status, json!({"id": 0, "status": status, "message": message}))
}
