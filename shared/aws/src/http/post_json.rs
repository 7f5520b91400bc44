//! Asking another service.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;
use treble_core::ports::{BoxError, JsonReply, PostJson};

use super::{HttpClient, Request};

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);

#[async_trait]
impl PostJson for HttpClient {
    async fn post_json(&self, url: &str, body: &Value) -> Result<JsonReply, BoxError> {
        let request = Request {
            method: "POST",
            url,
            headers: &[("content-type", "application/json")],
            body: Bytes::from(body.to_string()),
        };
        let reply = self.send(&request, TIMEOUT).await?;
        Ok(JsonReply { status: reply.status, body: reply.json().unwrap_or_default() })
    }
}
