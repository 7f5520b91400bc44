//! A server that is CDS's hooks service, with the CDS that it is registered at.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::{Cds, CdsRun, Exit, Reply, Request, Server, until};

/// What services need to register.
const TOKEN: &str = "t0ken";

/// What servers are told beside where CDS is: who fails is tried again soon.
const VARIABLES: [(&str, &str); 2] = [("CDS_NAME", "hooks-under-test"), ("CDS_RETRY_DELAY", "1")];

/// A server and its CDS.
pub struct CdsWorld {
    /// The CDS.
    pub cds: Cds,
    server: Option<Server>,
    /// The node hooks whose tasks were saved: those that the CDS lists.
    hooks: Mutex<BTreeMap<String, Value>>,
}

/// A node hook of that model, of workflow `w` of project `KEY`, with these further texts in its configuration.
pub fn node_hook(uuid: &str, model: &str, config: &Value) -> Value {
    let mut texts = json!({"project": "KEY", "workflow": "w"});
    for (name, text) in config.as_object().unwrap() {
        texts[name] = text.clone();
    }
    let entry = |(name, text): (&String, &Value)| {
        (name.clone(), json!({"value": text, "configurable": true, "type": "string"}))
    };
    let config: serde_json::Map<String, Value> = texts.as_object().unwrap().iter().map(entry).collect();
    json!({"uuid": uuid, "hook_model_name": model, "config": config})
}

impl CdsWorld {
    /// A new CDS that knows no hooks, and a new server that is registered there.
    pub async fn start() -> CdsWorld {
        CdsWorld::with(&[], &[]).await
    }

    /// The same with further variables and arguments.
    pub async fn with(variables: &[(&str, &str)], arguments: &[&str]) -> CdsWorld {
        CdsWorld::at(Cds::start(TOKEN), variables, arguments).await
    }

    /// The same with a CDS that there is already.
    pub async fn at(cds: Cds, variables: &[(&str, &str)], arguments: &[&str]) -> CdsWorld {
        let url = cds.api_url();
        let own = [("CDS_API_URL", &*url), ("CDS_TOKEN", TOKEN)];
        let variables = [&own[..], &VARIABLES, variables].concat();
        let server = Server::with_variables(&variables, &[&["--clock"], arguments].concat()).await;
        let world = CdsWorld { cds, server: Some(server), hooks: Mutex::default() };
        world.is_known().await;
        world
    }

    /// Waits until the server takes the hash of the CDS.
    pub async fn is_known(&self) {
        until(async || self.send(&self.call("GET /task?limit=0")).await.status == 200).await;
    }

    /// The server.
    pub fn server(&self) -> &Server {
        self.server.as_ref().expect("a running server")
    }

    /// Kills the server and starts it again, with `meanwhile` in between.
    pub fn kill_and(&mut self, meanwhile: impl FnOnce(&mut Cds)) {
        let stopped = self.server.take().expect("a running server").kill();
        meanwhile(&mut self.cds);
        self.server = Some(stopped.start());
    }

    /// Runs `treble cds ARGUMENTS` beside the server.
    pub fn cli(&self, arguments: &[&str]) -> Exit {
        self.server().cli(&[&["cds"], arguments].concat())
    }

    /// A request of CDS's.
    pub fn call(&self, line: &str) -> Request {
        request(line).header("x_auth_header", &self.cds.auth_header())
    }

    /// Sends a request.
    pub async fn send(&self, request: &Request) -> Reply {
        request.send(self.server()).await
    }

    /// A request of CDS's that must go well: its answer.
    pub async fn ask(&self, line: &str) -> Value {
        self.send(&self.call(line)).await.ok()
    }

    /// The same with a body.
    pub async fn tell(&self, line: &str, body: &Value) -> Value {
        self.send(&self.call(line).json(body)).await.ok()
    }

    /// Has the CDS know a hook, and save its task.
    pub async fn save(&self, uuid: &str, model: &str, config: &Value) -> Value {
        let node = node_hook(uuid, model, config);
        self.knows(&node);
        self.tell("POST /task", &node).await
    }

    /// Has the CDS know one more hook.
    pub fn knows(&self, node: &Value) {
        let mut hooks = self.hooks.lock().unwrap();
        hooks.insert(node["uuid"].as_str().unwrap().to_owned(), node.clone());
        self.cds.has_hooks(&json!(hooks.values().collect::<Vec<_>>()));
    }

    /// Sends JSON to a task's URL: the execution.
    pub async fn post(&self, uuid: &str, body: &Value) -> Value {
        self.send(&request(&format!("POST /webhook/{uuid}")).json(body)).await.ok()
    }

    /// A task's executions, newest first.
    pub async fn executions(&self, uuid: &str) -> Vec<Value> {
        let task = self.ask(&format!("GET /task/{uuid}/execution")).await;
        task["executions"].as_array().unwrap().clone()
    }

    /// Those that are over.
    pub async fn done(&self, uuid: &str) -> Vec<Value> {
        let mut executions = self.executions(uuid).await;
        executions.retain(|execution| execution["status"] == "DONE");
        executions
    }

    /// Waits until an execution is over: as it is then. One that a later one overtakes isn't there until it is stored.
    pub async fn over(&self, execution: &Value) -> Value {
        let (uuid, timestamp) = (execution["uuid"].as_str().unwrap(), &execution["timestamp"]);
        let line = format!("GET /task/{uuid}/execution/{timestamp}");
        until(async || {
            let reply = self.send(&self.call(&line)).await;
            reply.status != 404 && reply.ok()["status"] == "DONE"
        })
        .await;
        self.ask(&line).await
    }

    /// The runs that a task asked for, in their order.
    pub fn runs(&self, uuid: &str) -> Vec<CdsRun> {
        let mut runs = self.cds.runs();
        runs.retain(|run| run.uuid == uuid);
        runs
    }

    /// A line of `/mon/status`: what it says, and whether that is well.
    pub async fn status(&self, component: &str) -> (String, String) {
        let status = self.send(&request("GET /mon/status")).await.ok();
        let lines = status["lines"].as_array().unwrap();
        let line = lines.iter().find(|line| line["component"] == component).unwrap();
        let text = |key: &str| line[key].as_str().unwrap().to_owned();
        (text("value"), text("status"))
    }
}

/// A request of nobody's.
fn request(line: &str) -> Request {
    let (method, path) = line.split_once(' ').expect("METHOD /path");
    Request::to(&format!("{method} ^{path}")).anonymously()
}
