//! Whether the API answers, and in which version.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use treble_api::taskcluster::route::MOUNT;
use treble_aws::http::{HttpClient, HttpError, Reply, Request};

use super::finding::Finding;

/// How long it may take: a heartbeat asks the database and the sink.
const PATIENCE: Duration = Duration::from_secs(15);

/// Asks the API at this root URL how it is, and what.
pub(super) async fn look(root_url: &str, remedy: &str) -> Vec<Finding> {
    let http = HttpClient::new();
    let heartbeat = match get(&http, root_url, "__heartbeat__").await {
        Ok(reply) if reply.status == 200 => Finding::ok("service", format!("{root_url} is well")),
        Ok(reply) => {
            let says = format!("{root_url} answers its heartbeat with {}: {}", reply.status, what(&reply));
            Finding::wrong("service", says, "the database or the sink does not answer it: its log says which")
        }
        Err(error) => Finding::failed("service", &error, remedy),
    };
    let version = match get(&http, root_url, "__version__").await {
        Ok(reply) if reply.status == 200 => version(&reply),
        Ok(reply) => Finding::wrong("version", format!("it is answered with {}", reply.status), remedy),
        Err(error) => Finding::failed("version", &error, remedy),
    };
    vec![heartbeat, version]
}

fn version(reply: &Reply) -> Finding {
    let served = reply.json().and_then(|body| body.get("version")?.as_str().map(str::to_owned));
    let Some(served) = served else {
        return Finding::wrong("version", "the service tells none", "another program answers at this URL");
    };
    let own = env!("CARGO_PKG_VERSION");
    let says = match served == own {
        true => format!("the service runs treble {served}"),
        false => format!("the service runs treble {served}, this program is {own}"),
    };
    Finding::ok("version", says).with("version", served)
}

async fn get(http: &HttpClient, root_url: &str, name: &str) -> Result<Reply, HttpError> {
    let url = format!("{}{MOUNT}/{name}", root_url.trim_end_matches('/'));
    let request = Request { method: "GET", url: &url, headers: &[], body: Bytes::new() };
    http.send(&request, PATIENCE).await
}

/// What does not answer the service.
fn what(reply: &Reply) -> String {
    let failing = reply.json().and_then(|body| body.get("failing").map(Value::to_string));
    failing.map_or_else(|| "it is no Treble".into(), |failing| format!("failing: {failing}"))
}
