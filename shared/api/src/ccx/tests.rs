mod calls;
mod protocols;
mod refused;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{Connect, MOUNT, Service};
use crate::gates::tests::world::{Client, World};
use crate::request::Request;
use crate::taskcluster::response::Response;

/// The dialect, and what is behind it.
struct Platform {
    world: Arc<World>,
    connect: Connect,
}

impl Platform {
    /// With an integrator `one` that wants these events.
    async fn new(events: &[&str]) -> Self {
        Self::with_tokens(events, &[]).await
    }

    async fn with_tokens(events: &[&str], tokens: &[&str]) -> Self {
        let client = Client::new();
        client.set("one", events).await;
        let tokens = tokens.iter().map(|token| (*token).to_owned()).collect();
        let service = Service { gates: client.world.gates(), tokens };
        Self { world: client.world, connect: Arc::new(service).connect() }
    }

    async fn send(&self, method: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Response {
        let mut request = http::Request::builder().method("POST").uri(format!("{MOUNT}{method}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.connect.respond(&Request::complete(request.body(body.into()).unwrap())).await
    }

    /// A call in Connect's JSON.
    async fn json(&self, method: &str, body: Value) -> (StatusCode, Value) {
        let response = self.send(method, &[("content-type", "application/json")], body.to_string()).await;
        (response.status(), serde_json::from_slice(response.body()).unwrap())
    }

    /// The code and the message of a call that fails, with its status.
    async fn fails(&self, method: &str, body: Value) -> (u16, String, String) {
        let (status, error) = self.json(method, body).await;
        (status.as_u16(), text(&error, "code"), text(&error, "message"))
    }
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("{member} of {value}")).to_owned()
}

/// A request that says all that there is to be said.
fn everything() -> Value {
    json!({
        "clusterId": "1",
        "clusterName": "n",
        "datastoreType": "postgres",
        "cloud": "c1",
        "nodeCount": 3,
        "instanceType": "i1",
        "clusterStatus": "ok",
        "status": "ok",
        "nodeId": "n1",
        "nodeIds": ["n1", "n2"],
        "workId": "w1",
        "authId": "a1",
    })
}

/// Some members of it.
fn members(names: &[&str]) -> Value {
    let all = everything();
    names
        .iter()
        .map(|name| ((*name).to_owned(), all[*name].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}
