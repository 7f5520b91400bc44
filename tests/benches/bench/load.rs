//! A deployment on the emulator, and local servers that are called as often as asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use treble_tests::{Aws, Server};

use crate::emulator::Emulator;
use crate::operation::{Operation, PATH, Request, Requests, hook};

/// A local server on the emulator, whose tables and clients are also those of functions.
pub(crate) struct Deployment {
    pub(crate) emulator: Emulator,
    /// Where the emulator is.
    pub(crate) endpoint: String,
    pub(crate) server: Load,
}

impl Deployment {
    pub(crate) async fn start() -> Deployment {
        let emulator = Emulator::new();
        let endpoint = format!("http://{}", emulator.listen().await);
        let server = Load::new(Server::on(Some(Aws::at(&endpoint)), &[]).await).await;
        Deployment { emulator, endpoint, server }
    }

    /// What a process finds in its environment that uses the deployment's tables, at this endpoint.
    pub(crate) fn environment(&self, endpoint: &str) -> Vec<(String, String)> {
        let mut variables = self.server.server.aws().unwrap().environment();
        // The last of a name counts.
        variables.push(("AWS_ENDPOINT_URL".to_owned(), endpoint.to_owned()));
        variables
    }
}

/// A server with a hook, and who calls it. A clone is the same.
#[derive(Clone)]
pub(crate) struct Load {
    pub(crate) server: Arc<Server>,
    pub(crate) requests: Arc<Requests>,
    client: reqwest::Client,
}

impl Load {
    /// Creates the hook.
    pub(crate) async fn new(server: Server) -> Load {
        let (client, signer) = (reqwest::Client::new(), server.signer());
        send(&client, &server, Request::signed(&signer, "PUT", PATH, Some(hook()))).await;
        let token = Request::signed(&signer, "GET", &format!("{PATH}/token"), None);
        let token = send(&client, &server, token).await;
        let requests = Requests::new(signer, token["token"].as_str().unwrap());
        Load { server: Arc::new(server), requests: Arc::new(requests), client }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// Does an operation so many times, so many of them at once.
    pub(crate) async fn run(&self, operation: Operation, count: u32, concurrency: u32) {
        let left = Arc::new(AtomicU32::new(count));
        let callers = (0..concurrency).map(|_| {
            let (load, left) = (self.clone(), left.clone());
            tokio::spawn(async move {
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
                    send(&load.client, &load.server, load.requests.next(operation)).await;
                }
            })
        });
        for caller in callers.collect::<Vec<_>>() {
            caller.await.unwrap();
        }
    }
}

/// The reply, which must be a success.
async fn send(client: &reqwest::Client, server: &Server, request: Request) -> Value {
    let url = format!("{}{}", server.root_url(), request.path);
    let mut call = client.request(request.method.parse().unwrap(), url);
    if let Some(authorization) = request.authorization {
        call = call.header("authorization", authorization);
    }
    if let Some(body) = request.body {
        call = call.header("content-type", "application/json").body(body);
    }
    let reply = call.send().await.unwrap();
    let status = reply.status();
    let text = reply.text().await.unwrap();
    assert!(status.is_success(), "{status} {text}");
    serde_json::from_str(&text).unwrap()
}
