//! What the API can be asked of integrators, and of what they are told.

use http::Method;
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use treble_api::gates::MOUNT;
use treble_core::gate::{DeliveryId, IntegratorName};

use super::{Api, ApiError, Call, Pages};

impl Api {
    /// All integrators.
    pub(crate) async fn integrators(&self) -> Result<Vec<Value>, ApiError> {
        self.all(Pages { mount: MOUNT, ..Pages::new("/integrators", "integrators", None) }).await
    }

    /// One of them.
    pub(crate) async fn integrator(&self, name: &IntegratorName) -> Result<Value, ApiError> {
        self.get_at(MOUNT, path(name, "")).await
    }

    /// Creates or replaces one.
    pub(crate) async fn set_integrator(
        &self,
        name: &IntegratorName,
        body: &Value,
    ) -> Result<Value, ApiError> {
        // Said twice, its secret would be in the first answer alone, which nobody has got.
        self.call_gates(Method::PUT, path(name, ""), Some(body), false).await
    }

    /// Removes one; one that isn't there is none.
    pub(crate) async fn remove_integrator(&self, name: &IntegratorName) -> Result<(), ApiError> {
        self.call_gates(Method::DELETE, path(name, ""), None, true).await.map(drop)
    }

    /// Gives one a new secret.
    pub(crate) async fn rotate_secret(&self, name: &IntegratorName, grace: u64) -> Result<Value, ApiError> {
        let body = json!({"graceSeconds": grace});
        self.call_gates(Method::POST, path(name, "/rotate-secret"), Some(&body), false).await
    }

    /// Looks whether its server is there.
    pub(crate) async fn probe(&self, name: &IntegratorName) -> Result<Value, ApiError> {
        self.call_gates(Method::POST, path(name, "/probe"), None, true).await
    }

    /// What it was told and will be, the oldest first, up to so many.
    pub(crate) async fn deliveries(
        &self,
        name: &IntegratorName,
        status: Option<&str>,
        since: Option<Timestamp>,
        limit: u32,
    ) -> Result<Vec<Value>, ApiError> {
        let status = status.map(|status| format!("&status={status}"));
        let since = since.map(|since| since.to_string());
        let since = since.map(|since| format!("&since={}", utf8_percent_encode(&since, NON_ALPHANUMERIC)));
        let filter = status.into_iter().chain(since).collect();
        let pages = Pages::new(&path(name, "/deliveries"), "deliveries", Some(limit));
        self.all(Pages { mount: MOUNT, filter, ..pages }).await
    }

    /// One delivery, with its attempts.
    pub(crate) async fn delivery(&self, name: &IntegratorName, id: &DeliveryId) -> Result<Value, ApiError> {
        self.get_at(MOUNT, path(name, &format!("/deliveries/{id}"))).await
    }

    /// Sends one again.
    pub(crate) async fn resend(&self, name: &IntegratorName, id: &DeliveryId) -> Result<Value, ApiError> {
        let path = path(name, &format!("/deliveries/{id}/resend"));
        self.call_gates(Method::POST, path, None, true).await
    }

    /// Sends all dead ones again that were created since then: how many those were.
    pub(crate) async fn recover(&self, name: &IntegratorName, since: Timestamp) -> Result<u64, ApiError> {
        let (mut body, mut recovered) = (json!({"since": since}), 0);
        loop {
            let path = path(name, "/deliveries/recover");
            let reply = self.call_gates(Method::POST, path, Some(&body), true).await?;
            recovered += reply["recovered"].as_u64().unwrap_or_default();
            match reply.get("continuationToken").filter(|token| token.is_string()) {
                Some(token) => body["continuationToken"] = token.clone(),
                None => return Ok(recovered),
            }
        }
    }

    async fn call_gates(
        &self,
        method: Method,
        path: String,
        body: Option<&Value>,
        repeatable: bool,
    ) -> Result<Value, ApiError> {
        self.call(&Call { method, mount: MOUNT, path, body, repeatable }).await
    }
}

/// Of an integrator: its name has nothing that means something in a path.
fn path(name: &IntegratorName, below: &str) -> String {
    format!("/integrators/{name}{below}")
}
