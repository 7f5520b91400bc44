//! Asking another service.

use async_trait::async_trait;
use serde_json::Value;

use super::BoxError;

/// What another service answered.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonReply {
    /// The HTTP status.
    pub status: u16,
    /// The body; null, if it is not JSON.
    pub body: Value,
}

/// Posts JSON to a fixed service: never to a place that a caller chose.
#[async_trait]
pub trait PostJson: Send + Sync {
    /// Posts once, with a timeout of the adapter's. An error means that there was no answer; any status is one.
    async fn post_json(&self, url: &str, body: &Value) -> Result<JsonReply, BoxError>;
}
