//! A service that answers from a script, in place of the network: time is then the runtime's own and can be paused.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sqs::config::{BehaviorVersion, Region};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use serde_json::Value;

/// What the service does with one request.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Answers with a status, headers and a body.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// Answers only after a while.
    After(Duration, Box<Step>),
    /// Refuses the connection.
    Refuse,
    /// Never answers.
    Hang,
}

impl Step {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::Answer(status, vec![("content-type", "application/json".to_owned())], body.to_string())
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self::Answer(status, Vec::new(), body.to_owned())
    }
}

/// A request as it was sent.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) uri: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// When, by the runtime's clock.
    pub(crate) at: tokio::time::Instant,
}

impl Sent {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A clone is the same service.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stub {
    script: Arc<Mutex<VecDeque<Step>>>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Stub {
    /// Follows the script; a request after its end fails the test.
    pub(crate) fn new(script: impl IntoIterator<Item = Step>) -> Self {
        let script = Arc::new(Mutex::new(script.into_iter().collect()));
        Self { script, sent: Arc::default() }
    }

    /// What a client of it is configured with: each request is one, so that the script says what is tried again.
    pub(crate) fn sdk_config(&self) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "id", "secret", None, None, "test",
            )))
            .retry_config(RetryConfig::disabled())
            .http_client(self.clone())
            .build()
    }

    /// What was sent so far.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }
}

impl HttpClient for Stub {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Stub {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.sent.lock().unwrap().push(Sent {
            method: request.method().to_owned(),
            uri: request.uri().to_owned(),
            headers: request.headers().iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
            body: request.body().bytes().unwrap().to_vec(),
            at: tokio::time::Instant::now(),
        });
        let step = self.script.lock().unwrap().pop_front().expect("a request after the script's end");
        HttpConnectorFuture::new(play(step))
    }
}

async fn play(mut step: Step) -> Result<HttpResponse, ConnectorError> {
    while let Step::After(delay, then) = step {
        tokio::time::sleep(delay).await;
        step = *then;
    }
    match step {
        Step::Answer(status, headers, body) => {
            let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
            for (name, value) in headers {
                response.headers_mut().insert(name, value);
            }
            Ok(response)
        }
        Step::Refuse => Err(ConnectorError::io(io::Error::from(io::ErrorKind::ConnectionRefused).into())),
        Step::Hang | Step::After(..) => std::future::pending().await,
    }
}
