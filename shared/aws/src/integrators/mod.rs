//! Calling integrators: third parties, at URLs that others chose.
//!
//! - [`HttpIntegrators`] sends requests. The URL is checked before each; names are resolved by `resolver`, which refuses
//!   those that lead inside, at each connection anew.
//! - `signing` signs them, `retry_after` reads when to come again, `unanswered` says why there is no answer.
//!
//! Connections are kept by scheme, host and port: one that was made for a name is used for no other.

mod resolver;
mod retry_after;
mod signing;
mod unanswered;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::dns::{ResolveDns, SharedDnsResolver};
use aws_smithy_runtime_api::client::http::HttpConnectorSettings;
use bytes::Bytes;
use tokio::time::Instant;
use treble_core::gate::ports::{GateReply, GateRequest, IntegratorClient, MAX_REPLY_BYTES, Unanswered};
use treble_core::gate::{AddressRules, check_url};

use self::resolver::{Checked, System};
use crate::http::{HttpClient, Request};

/// How long a connection may take, its name's resolution included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection is kept that nothing is sent by. Many servers close them after 5 s, Node.js' among them: a request that
/// meets that is lost, and can't be sent again for all that it may have done.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// Sends signed requests to integrators. A clone shares the connections.
#[derive(Clone)]
pub struct HttpIntegrators {
    rules: AddressRules,
    resolver: SharedDnsResolver,
    /// Made when it is first needed, as reading the system's certificates takes a while: who tells integrators of something mostly
    /// calls none.
    http: Arc<OnceLock<HttpClient>>,
}

impl HttpIntegrators {
    /// A client that resolves names as the system does.
    pub fn new(rules: AddressRules) -> Self {
        Self::with_resolver(rules, System)
    }

    /// One that resolves them otherwise.
    pub fn with_resolver(rules: AddressRules, resolver: impl ResolveDns + 'static) -> Self {
        Self::over(rules, Checked::new(resolver, move |address| rules.forbidden(address)))
    }

    /// One over a resolver that knows itself what is forbidden.
    fn over(rules: AddressRules, resolver: impl ResolveDns + 'static) -> Self {
        Self { rules, resolver: SharedDnsResolver::new(resolver), http: Arc::default() }
    }

    fn http(&self) -> &HttpClient {
        self.http.get_or_init(|| {
            let connector = Connector::builder()
                .connector_settings(HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build())
                .sleep_impl(TokioSleep::new())
                .pool_idle_timeout(IDLE_TIMEOUT)
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .build_with_resolver(self.resolver.clone());
            HttpClient::over(connector).with_max_reply_bytes(MAX_REPLY_BYTES)
        })
    }
}

#[async_trait]
impl IntegratorClient for HttpIntegrators {
    async fn post(&self, request: GateRequest<'_>) -> Result<GateReply, Unanswered> {
        let GateRequest { integrator, path, id, now, body } = request;
        let url = format!("{}/{path}", integrator.url);
        check_url(&url, self.rules).map_err(unanswered::forbidden)?;
        let timestamp = now.as_second();
        let signature = signing::signature(integrator.active_secrets(now), id, timestamp, body)?;
        let timestamp = timestamp.to_string();
        let headers = [
            ("content-type", "application/json"),
            ("webhook-id", id),
            ("webhook-timestamp", &*timestamp),
            ("webhook-signature", &*signature),
        ];
        let body = Bytes::copy_from_slice(body.as_bytes());
        let begun = Instant::now();
        let request = Request { method: "POST", url: &url, headers: &headers, body };
        let reply = self.http().send(&request, integrator.timeout).await.map_err(unanswered::failed)?;
        let retry_after = reply.retry_after.as_deref();
        Ok(GateReply {
            status: reply.status,
            retry_after: retry_after.and_then(|text| retry_after::read(text, now, begun.elapsed())),
            body: reply.body.map(|body| body.to_vec()),
        })
    }
}

impl fmt::Debug for HttpIntegrators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpIntegrators").field("rules", &self.rules).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
