//! The other commands' side: the SDK's client, its requests through the socket.

use std::path::{Path, PathBuf};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Config, IdentityCache, Region, StalledStreamProtectionConfig,
};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use bytes::Bytes;
use http::header::HOST;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

use super::TARGET;

/// A client of the database behind the socket; None where no process answers there.
pub(crate) async fn connect(path: &Path) -> Option<Client> {
    UnixStream::connect(path).await.ok()?;
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("local"))
        // Never looked up.
        .endpoint_url("http://dynamodb.invalid")
        .credentials_provider(Credentials::new("local", "local", None, None, "socket"))
        .identity_cache(IdentityCache::no_cache())
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(ThroughSocket(path.to_owned()))
        .build();
    Some(Client::from_conf(config))
}

#[derive(Debug, Clone)]
struct ThroughSocket(PathBuf);

impl HttpClient for ThroughSocket {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for ThroughSocket {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let path = self.0.clone();
        HttpConnectorFuture::new(async move { call(&path, &request).await })
    }
}

/// One connection a call: a command makes a few of them.
async fn call(path: &Path, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let target = request.headers().get(TARGET).unwrap_or_default();
    let body = request
        .body()
        .bytes()
        .ok_or_else(|| ConnectorError::user("a streamed request can't be sent".into()))?;
    let request = http::Request::post("/")
        .header(HOST, "localhost")
        .header(TARGET, target)
        .body(Full::new(Bytes::copy_from_slice(body)))
        .map_err(|error| ConnectorError::user(error.into()))?;

    let stream = UnixStream::connect(path).await.map_err(|error| ConnectorError::io(error.into()))?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| ConnectorError::io(error.into()))?;
    let connection = tokio::spawn(connection);
    let reply = async {
        let (parts, body) = sender.send_request(request).await?.into_parts();
        Ok::<_, hyper::Error>((parts.status, body.collect().await?.to_bytes()))
    };
    let (status, body) = reply.await.map_err(|error| ConnectorError::io(error.into()))?;
    connection.abort();
    let status =
        StatusCode::try_from(status.as_u16()).map_err(|error| ConnectorError::other(error.into(), None))?;
    Ok(HttpResponse::new(status, SdkBody::from(body)))
}
