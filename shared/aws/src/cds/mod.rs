//! The API of CDS.
//!
//! - [`CdsClient`] makes the calls.
//! - `answer` tells what an answer means.

mod answer;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use treble_core::cds::{CdsApi, CdsError, NodeHook, Registration, WorkflowRun};

use crate::http::{HttpClient, Reply, Request, RootUrl};

/// How long a call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the listing of all hooks may take.
const LISTING_TIMEOUT: Duration = Duration::from_secs(30);
/// As much of that listing is read: some ten thousand hooks.
const MAX_LISTING_BYTES: usize = 32 * 1024 * 1024;

/// The header that carries the hash. Go knows it by any case.
const AUTH_HEADER: &str = "x_auth_header";

/// All but what a segment of a path may have as it is, by RFC 3986.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

const NO_TOKEN: &str = "this process was given no token to register with";

/// What the service is to CDS.
#[derive(Clone)]
pub struct CdsService {
    /// Where CDS's API is.
    pub api_url: RootUrl,
    /// The token that CDS's operator made for the service, which it registers with: a secret. None for who doesn't register.
    pub token: Option<String>,
    /// The service's name.
    pub name: String,
    /// Where CDS and the senders of webhooks find the service.
    pub public_url: String,
}

/// Calls the API of CDS, each call once: who calls knows when to try again.
#[derive(Clone)]
pub struct CdsClient {
    http: HttpClient,
    service: CdsService,
}

impl CdsClient {
    /// A client that is that service.
    pub fn new(http: HttpClient, service: CdsService) -> Self {
        Self { http: http.with_max_reply_bytes(MAX_LISTING_BYTES), service }
    }

    async fn call(
        &self,
        method: &str,
        path: &str,
        hash: Option<&str>,
        body: Option<&Value>,
        time: Duration,
    ) -> Result<Reply, CdsError> {
        let url = self.service.api_url.join(path);
        let hash = hash.map(|hash| STANDARD.encode(hash));
        let mut headers = vec![("accept", "application/json")];
        headers.extend(body.map(|_| ("content-type", "application/json")));
        headers.extend(hash.as_deref().map(|hash| (AUTH_HEADER, hash)));
        let body = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
        let request = Request { method, url: url.as_str(), headers: &headers, body };
        let reply = self.http.send(&request, time).await.map_err(answer::missing)?;
        answer::good(reply)
    }
}

#[async_trait]
impl CdsApi for CdsClient {
    async fn register(&self, status: &Value) -> Result<Registration, CdsError> {
        let CdsService { token, name, public_url, .. } = &self.service;
        let token = token.as_deref().ok_or_else(|| CdsError::Unregistered { reason: NO_TOKEN.into() })?;
        let body = json!({
            "name": name, "type": "hooks", "http_url": public_url, "token": token, "monitoring_status": status,
        });
        let reply = self.call("POST", "/services/register", None, Some(&body), CALL_TIMEOUT).await?;
        answer::registration(&reply)
    }

    async fn list_hooks(&self, hash: &str) -> Result<Vec<NodeHook>, CdsError> {
        let reply = self.call("GET", "/workflow/hook", Some(hash), None, LISTING_TIMEOUT).await?;
        answer::hooks(&reply)
    }

    async fn run_workflow(&self, hash: &str, run: &WorkflowRun) -> Result<u64, CdsError> {
        let segment = |text| utf8_percent_encode(text, SEGMENT);
        let (project, workflow) = (segment(&run.project), segment(&run.workflow));
        let path = format!("/project/{project}/workflows/{workflow}/runs");
        let body = json!({"hook": {"uuid": run.uuid, "payload": run.payload}});
        let reply = self.call("POST", &path, Some(hash), Some(&body), CALL_TIMEOUT).await?;
        answer::run_number(&reply)
    }
}

/// Says where CDS is and who we are there, not by what secret.
impl fmt::Debug for CdsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CdsService { api_url, name, public_url, .. } = &self.service;
        f.debug_struct("CdsClient")
            .field("api_url", api_url)
            .field("name", name)
            .field("public_url", public_url)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
