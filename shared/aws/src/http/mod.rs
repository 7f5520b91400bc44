//! A thin HTTP client, on what the AWS SDK's own clients are made of: one TLS stack in a binary.
//!
//! - [`HttpClient`] sends one request and reads the whole answer, within a time and a size.
//! - [`RootUrl`] is where a Taskcluster deployment is.
//! - `post_json` makes of the client the port of that name.

mod post_json;
mod root_url;

use std::error::Error;
use std::io;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use bytes::Bytes;
use serde_json::Value;
use treble_core::ports::BoxError;

pub use root_url::{InvalidRootUrl, JoinedUrl, RootUrl};

/// As much of an answer's body is read, in bytes, unless a client is told [otherwise](HttpClient::with_max_reply_bytes).
pub const MAX_REPLY_BYTES: usize = 1024 * 1024;

/// How we call ourselves.
const USER_AGENT: &str = concat!("treble/", env!("CARGO_PKG_VERSION"));

/// Sends requests over HTTP and HTTPS, and keeps connections. Follows no redirects, heeds no proxies, stores no
/// cookies, retries nothing. A clone shares the connections.
#[derive(Debug, Clone)]
pub struct HttpClient {
    connector: SharedHttpConnector,
    max_reply_bytes: usize,
}

/// A request.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// In upper case.
    pub method: &'a str,
    /// The whole URL, percent-encoded.
    pub url: &'a str,
    /// Beside what the protocol itself asks for.
    pub headers: &'a [(&'static str, &'a str)],
    /// The body, which may be empty.
    pub body: Bytes,
}

/// An answer, whatever its status.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// When to come again, as told.
    pub retry_after: Option<String>,
    /// The body, unless it has more bytes than the client reads.
    pub body: Option<Bytes>,
    /// All headers, by their names in lower case.
    headers: Vec<(String, String)>,
}

impl Reply {
    /// The first header of that name, which is told in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body, if it is JSON of a size that is read.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(self.body.as_ref()?).ok()
    }
}

/// Why there is no answer. The texts name no addresses; the sources may.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Nobody listens there.
    #[error("the connection was refused")]
    Refused(#[source] BoxError),
    /// There was none in time; the request may have arrived.
    #[error("there was no answer within {0:?}")]
    Late(Duration),
    /// There was no connection, or it broke; the request may have arrived.
    #[error("the connection failed")]
    Broken(#[source] BoxError),
    /// The URL or a header can't be sent.
    #[error("the request can't be sent")]
    Unsendable(#[source] BoxError),
}

impl HttpClient {
    /// A client that trusts the system's certificates.
    pub fn new() -> Self {
        Self::over(Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).build())
    }

    /// A client over another connector.
    pub fn over(connector: impl HttpConnector + 'static) -> Self {
        Self { connector: SharedHttpConnector::new(connector), max_reply_bytes: MAX_REPLY_BYTES }
    }

    /// The same, reading up to so many bytes of an answer's body.
    #[must_use]
    pub fn with_max_reply_bytes(self, max_reply_bytes: usize) -> Self {
        Self { max_reply_bytes, ..self }
    }

    /// Sends a request and reads the answer, all within `time`.
    pub async fn send(&self, request: &Request<'_>, time: Duration) -> Result<Reply, HttpError> {
        let request = request.build().map_err(HttpError::Unsendable)?;
        let exchange = async {
            let response = self.connector.call(request).await.map_err(|error| failed(error.into()))?;
            let status = response.status().as_u16();
            let headers = response.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
            let headers: Vec<_> = headers.collect();
            let retry_after = response.headers().get("retry-after").map(str::to_owned);
            let body = read(response.into_body(), self.max_reply_bytes).await?;
            Ok(Reply { status, retry_after, body, headers })
        };
        tokio::time::timeout(time, exchange).await.unwrap_or(Err(HttpError::Late(time)))
    }
}

impl Default for HttpClient {
    fn default() -> Self {
        Self::new()
    }
}

impl Request<'_> {
    fn build(&self) -> Result<HttpRequest, BoxError> {
        let mut request = HttpRequest::new(SdkBody::from(self.body.clone()));
        request.set_method(self.method)?;
        request.set_uri(self.url)?;
        let headers = request.headers_mut();
        headers.try_insert("user-agent", USER_AGENT)?;
        for (name, value) in self.headers {
            headers.try_insert(*name, (*value).to_owned())?;
        }
        Ok(request)
    }
}

/// None, if there is too much. What is left unread takes its connection with it.
async fn read(body: SdkBody, max_bytes: usize) -> Result<Option<Bytes>, HttpError> {
    let mut stream = ByteStream::new(body);
    let mut read = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| failed(error.into()))?;
        if read.len() + chunk.len() > max_bytes {
            return Ok(None);
        }
        read.extend_from_slice(&chunk);
    }
    Ok(Some(read.into()))
}

fn failed(error: BoxError) -> HttpError {
    let mut source: Option<&(dyn Error + 'static)> = Some(error.as_ref());
    while let Some(current) = source {
        let io = current.downcast_ref::<io::Error>();
        if io.is_some_and(|io| io.kind() == io::ErrorKind::ConnectionRefused) {
            return HttpError::Refused(error);
        }
        source = current.source();
    }
    HttpError::Broken(error)
}

#[cfg(test)]
pub(crate) mod one_shot;
#[cfg(test)]
mod tests;
