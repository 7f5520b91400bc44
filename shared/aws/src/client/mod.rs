//! The SDK's clients, put together by hand.
//!
//! What `aws-config` would look for (profiles, roles to assume, instance metadata) a Lambda doesn't have, and looking costs a
//! cold start milliseconds. Region, credentials and the emulator's address come from the environment, which only
//! the binaries read.

mod container;

use std::fmt;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, IdentityCache, Region, SharedHttpClient, StalledStreamProtectionConfig,
};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpConnector, http_client_fn};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;

pub use container::AwsAccess;

/// The authorities that AWS's endpoints have their certificates from, five: parsing the system's hundred and more is a good
/// part of a first request. From <https://www.amazontrust.com/repository/>, valid until 2037 and later.
const AMAZON_ROOTS: &str = include_str!("amazon-roots.pem");

/// Within a region a connection is there in a millisecond, or something is wrong.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// DynamoDB and SQS answer in milliseconds; a request that takes this long is better sent again.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// With its repetitions: well within the 30 s that API Gateway waits.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
const ATTEMPTS: u32 = 3;

/// Where AWS is and who we are there: what a Lambda finds in its environment.
#[derive(Clone, PartialEq, Eq)]
pub struct AwsSettings {
    /// `AWS_REGION`, e.g. `eu-central-1`.
    pub region: String,
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`, part of a Lambda's temporary credentials.
    pub session_token: Option<String>,
    /// `AWS_ENDPOINT_URL`: an emulator's address, for all services.
    pub endpoint_url: Option<String>,
}

impl AwsSettings {
    fn is_emulated_in_the_clear(&self) -> bool {
        self.endpoint_url.as_deref().is_some_and(|url| url.starts_with("http://"))
    }

    /// Whether the endpoints are those of AWS's public partition, with certificates of Amazon's own. China and the isolated
    /// regions have others.
    fn is_public_aws(&self) -> bool {
        let elsewhere = ["cn-", "us-iso", "eu-iso", "eusc-"];
        self.endpoint_url.is_none() && !elsewhere.iter().any(|prefix| self.region.starts_with(prefix))
    }
}

impl fmt::Debug for AwsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsSettings")
            .field("region", &self.region)
            .field("access_key_id", &self.access_key_id)
            .field("endpoint_url", &self.endpoint_url)
            .finish_non_exhaustive()
    }
}

/// What clients of AWS's services are made of: `aws_sdk_dynamodb::Client::new(&config)` and so on. Clients of one
/// configuration share their connections.
///
/// Nothing is connected yet. Calls are made with the patience of a request that somebody waits for: a receiver that
/// polls for longer must set its own timeouts.
pub fn configure(settings: &AwsSettings) -> SdkConfig {
    let credentials = Credentials::new(
        &settings.access_key_id,
        &settings.secret_access_key,
        settings.session_token.clone(),
        None,
        "environment",
    );
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(settings.region.clone()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        // They are at hand: there is nothing to be cached.
        .identity_cache(IdentityCache::no_cache())
        .http_client(https(trust(settings)))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts())
        // Watches the throughput of bodies, which are small here and have a timeout.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    config.set_endpoint_url(settings.endpoint_url.clone());
    config.build()
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(CALL_TIMEOUT)
        .build()
}

/// Whose certificates are good: an emulator's at an address with TLS may be anybody's that the system trusts.
fn trust(settings: &AwsSettings) -> TrustStore {
    if settings.is_emulated_in_the_clear() {
        TrustStore::empty()
    } else if settings.is_public_aws() {
        TrustStore::empty().with_pem_certificate(AMAZON_ROOTS)
    } else {
        TrustStore::default()
    }
}

/// One connector for all clients, made once. (`aws_smithy_http_client::Builder` makes another for each client, to see whether
/// that goes well, and looks up each call's behind a lock.)
fn https(trust: TrustStore) -> SharedHttpClient {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build();
    let builder = Connector::builder()
        .connector_settings(settings)
        .sleep_impl(TokioSleep::new())
        .tls_provider(Provider::rustls(CryptoMode::Ring));
    // Building a context can't fail, but for its type; and the default one trusts what the system trusts.
    let connector = SharedHttpConnector::new(match TlsContext::builder().with_trust_store(trust).build() {
        Ok(context) => builder.tls_context(context).build(),
        Err(_) => builder.build(),
    });
    http_client_fn(move |_, _| connector.clone())
}

#[cfg(test)]
mod tests;
