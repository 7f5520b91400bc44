//! A server with gates, and an integrator's server.

use serde_json::{Value, json};

use crate::{Receiver, Reply, Request, Server};

/// What callers of CCX's dialect show.
pub const CCX_TOKEN: &str = "pl4tform";

/// A server, and where integrators are.
pub struct GateWorld {
    server: Option<Server>,
    /// The integrators' server.
    pub receiver: Receiver,
}

impl GateWorld {
    /// A new server without integrators.
    pub async fn start() -> GateWorld {
        GateWorld::with(&[]).await
    }

    /// The same with further arguments.
    pub async fn with(arguments: &[&str]) -> GateWorld {
        let variables = [("TREBLE_CCX_TOKEN", CCX_TOKEN)];
        let server = Server::with_variables(&variables, &[&["--clock"], arguments].concat()).await;
        GateWorld { server: Some(server), receiver: Receiver::start() }
    }

    /// The server.
    pub fn server(&self) -> &Server {
        self.server.as_ref().expect("a running server")
    }

    /// Kills the server and starts it again.
    pub fn kill(&mut self) {
        let stopped = self.server.take().expect("a running server").kill();
        self.server = Some(stopped.start());
    }

    /// A request of whoever administers integrators: `"METHOD /path"` below `/api/gates/v1`.
    pub fn admin(line: &str) -> Request {
        let (method, path) = line.split_once(' ').expect("METHOD /path");
        Request::to(&format!("{method} ^/api/gates/v1{path}"))
    }

    /// Sends a request.
    pub async fn send(&self, request: &Request) -> Reply {
        request.send(self.server()).await
    }

    /// What is answered to whoever administers integrators.
    pub async fn get(&self, path: &str) -> Value {
        self.send(&Self::admin(&format!("GET {path}"))).await.ok()
    }

    /// Makes an integrator of that name, at the path of that name, who is asked and told of these events.
    pub async fn set(&self, name: &str, events: &[&str]) -> Value {
        self.set_with(name, events, &json!({})).await
    }

    /// The same with more said of it.
    pub async fn set_with(&self, name: &str, events: &[&str], more: &Value) -> Value {
        let mut body = json!({"url": self.receiver.url_of(name), "events": events});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.send(&Self::admin(&format!("PUT /integrators/{name}")).json(&body)).await.ok()
    }

    /// A call of CCX's platform, as JSON by the Connect protocol.
    pub fn call(method: &str, body: &Value) -> Request {
        let request = Request::to(&format!("POST ^/treble.ccx.v1.HookService/{method}")).anonymously();
        request.header("authorization", &format!("Bearer {CCX_TOKEN}")).json(body)
    }

    /// One that must go well: its answer.
    pub async fn ask(&self, method: &str, body: &Value) -> Value {
        self.send(&Self::call(method, body)).await.ok()
    }

    /// Tells that a node was added to a cluster.
    pub async fn tell(&self, cluster: &str) {
        self.ask("PostAddNode", &json!({"clusterId": cluster, "nodeIds": ["n1"], "workId": "w"})).await;
    }

    /// An integrator's deliveries, the oldest first.
    pub async fn deliveries(&self, name: &str) -> Vec<Value> {
        let list = self.get(&format!("/integrators/{name}/deliveries?limit=1000")).await;
        list["deliveries"].as_array().unwrap().clone()
    }

    /// How many of them are as far as this.
    pub async fn count(&self, name: &str, status: &str) -> usize {
        self.deliveries(name).await.iter().filter(|delivery| delivery["status"] == status).count()
    }
}
