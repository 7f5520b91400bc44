//! A function in a process of its own, fed with events: API Gateway's, or others'.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use serde_json::{Value, json};
use treble_tests::LAMBDA_ENVIRONMENT;

use crate::load::Deployment;
use crate::operation::Request;
use crate::runtime_api::RuntimeApi;

/// A running function; killed when dropped.
pub(crate) struct Lambda {
    child: Child,
    api: RuntimeApi,
    host: String,
}

/// Where the binary of a function is.
pub(crate) fn binary(function: &str) -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.set_file_name(function);
    assert!(
        path.exists(),
        "no {}: build it with `cargo build --release -p treble-functions`",
        path.display()
    );
    path
}

impl Lambda {
    /// Starts a function with further variables, and waits until it asks for an event.
    pub(crate) async fn start(
        function: &str,
        deployment: &Deployment,
        variables: &[(String, String)],
    ) -> Lambda {
        let api = RuntimeApi::listen().await;
        let (server, aws) = (&deployment.server.server, deployment.server.server.aws().unwrap());
        let child = Command::new(binary(function))
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
            .envs(LAMBDA_ENVIRONMENT)
            .env("TREBLE_ROOT_URL", server.root_url())
            .env("TREBLE_SINK", format!("sqs:{}", aws.queue_url()))
            .envs(variables.iter().cloned())
            // Its metrics and its log, a line or more for each request. What keeps it from going on its Runtime API is told.
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        api.polled().await;
        let host = server.root_url().trim_start_matches("http://").to_owned();
        Lambda { child, api, host }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Has it answer a request, which must be a success, and waits until it asks for the next one.
    pub(crate) async fn call(&self, request: Request) {
        let reply = self.invoke(event(&self.host, request).to_string().into()).await;
        assert_eq!(reply["statusCode"], 200, "{reply}");
    }

    /// Has it answer a GET of CDS's, which must be a success, and waits until it asks for the next one: the body.
    pub(crate) async fn get(&self, resource: &str, hash: &str) -> String {
        let (path, query) = resource.split_once('?').unwrap_or((resource, ""));
        let request = Request { method: "GET", path: path.to_owned(), authorization: None, body: None };
        let mut event = event(&self.host, request);
        event["rawQueryString"] = json!(query);
        event["headers"]["x-auth-header"] = json!(hash);
        let mut reply = self.invoke(event.to_string().into()).await;
        assert_eq!(reply["statusCode"], 200, "{reply}");
        match reply["body"].take() {
            Value::String(body) => body,
            other => panic!("no text: {other}"),
        }
    }

    /// Has it take any event, and waits until it asks for the next one; its reply.
    pub(crate) async fn invoke(&self, event: Bytes) -> Value {
        let reply = self.api.invoke(event).await;
        self.api.polled().await;
        serde_json::from_slice(&reply).unwrap()
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// An HTTP API's event, with what a client's request has on its way through a gateway.
fn event(host: &str, request: Request) -> Value {
    let mut headers = json!({
        "accept": "*/*", "accept-encoding": "gzip", "host": host, "user-agent": "bench",
        "x-amzn-trace-id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700", "x-forwarded-for": "192.0.2.1",
    });
    if let Some(authorization) = request.authorization {
        headers["authorization"] = json!(authorization);
    }
    if request.body.is_some() {
        headers["content-type"] = json!("application/json");
    }
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": request.path, "rawQueryString": "", "headers": headers,
        "requestContext": {
            "accountId": "123456789012", "apiId": "abcdef", "domainName": host, "requestId": "JKJaXmPLvHcESHA=",
            "http": {
                "method": request.method, "path": request.path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
                "userAgent": "bench",
            },
            "routeKey": "$default", "stage": "$default", "time": "12/Mar/2026:19:03:58 +0000", "timeEpoch": 1_773_342_238_000_u64,
        },
        "body": request.body, "isBase64Encoded": false,
    })
}
