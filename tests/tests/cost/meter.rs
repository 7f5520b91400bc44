//! An AWS within this process that reads the meter: DynamoDB's units, as it tells them itself, and requests of SQS.

use std::ops::{Add, Div, Sub};
use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;
use aws_types::region::Region;
use serde_json::{Value, json};
use treble_embedded::Embedded;

/// What was used.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Used {
    /// Read units of DynamoDB: 4 KB, read consistently.
    pub(crate) reads: f64,
    /// Write units of DynamoDB: 1 KB, of the table or of an index.
    pub(crate) writes: f64,
    /// Requests of SQS.
    pub(crate) requests: f64,
}

impl Add for Used {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            reads: self.reads + other.reads,
            writes: self.writes + other.writes,
            requests: self.requests + other.requests,
        }
    }
}

impl Sub for Used {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + other / -1.0
    }
}

impl Div<f64> for Used {
    type Output = Self;

    fn div(self, by: f64) -> Self {
        Self { reads: self.reads / by, writes: self.writes / by, requests: self.requests / by }
    }
}

/// A metered AWS. A clone is the same.
#[derive(Debug, Clone)]
pub(crate) struct Meter {
    database: Embedded,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    used: Used,
    /// The messages that were sent: to which queue, and what.
    messages: Vec<(String, String)>,
}

impl Meter {
    pub(crate) fn new(database: Embedded) -> Self {
        Self { database, state: Arc::default() }
    }

    /// What clients of it are made of.
    pub(crate) fn config(&self) -> SdkConfig {
        let credentials = Credentials::new("id", "secret", None, None, "test");
        SdkConfig::builder()
            .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(self.clone())
            .build()
    }

    /// What was used since the last time that this was asked.
    pub(crate) fn take(&self) -> Used {
        std::mem::take(&mut self.state.lock().unwrap().used)
    }

    /// The messages that a queue has been sent since the last time that this was asked.
    pub(crate) fn receive(&self, queue_url: &str) -> Vec<String> {
        let mut state = self.state.lock().unwrap();
        let (mut received, mut others) = (Vec::new(), Vec::new());
        for (url, body) in state.messages.drain(..) {
            if url == queue_url { received.push(body) } else { others.push((url, body)) }
        }
        state.messages = others;
        received
    }

    async fn answer(&self, target: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let (service, operation) = target.split_once('.').unwrap();
        let mut request: Value = serde_json::from_slice(body).unwrap();
        if service == "AmazonSQS" {
            return (200, self.take_messages(operation, &request).to_string().into_bytes());
        }
        request["ReturnConsumedCapacity"] = json!("TOTAL");
        let (status, reply) = self.database.call(target, request.to_string().as_bytes()).await;
        let told: Value = serde_json::from_slice(&reply).unwrap();
        let units = match &told["ConsumedCapacity"] {
            Value::Array(tables) => tables.iter().map(|table| table["CapacityUnits"].as_f64().unwrap()).sum(),
            table => table["CapacityUnits"].as_f64().unwrap_or_default(),
        };
        let used = &mut self.state.lock().unwrap().used;
        if matches!(operation, "GetItem" | "Query") {
            used.reads += units
        } else {
            used.writes += units
        }
        (status, reply)
    }

    fn take_messages(&self, operation: &str, request: &Value) -> Value {
        let url = request["QueueUrl"].as_str().unwrap();
        let entries = match operation {
            "SendMessage" => vec![request.clone()],
            "SendMessageBatch" => request["Entries"].as_array().unwrap().clone(),
            other => panic!("{other} is not metered"),
        };
        let mut state = self.state.lock().unwrap();
        state.used.requests += 1.0;
        let body = |entry: &Value| (url.to_owned(), entry["MessageBody"].as_str().unwrap().to_owned());
        state.messages.extend(entries.iter().map(body));
        let taken = |entry: &Value| json!({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "-"});
        match operation {
            "SendMessage" => taken(&entries[0]),
            _ => json!({"Successful": entries.iter().map(taken).collect::<Vec<_>>(), "Failed": []}),
        }
    }
}

impl HttpClient for Meter {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Meter {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let meter = self.clone();
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default();
            let (status, body) = meter.answer(target, request.body().bytes().unwrap()).await;
            Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body)))
        })
    }
}
