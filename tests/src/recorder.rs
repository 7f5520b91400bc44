//! Who calls what of an AWS: a way to it that writes down each call, in the words of its permissions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Client;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::stub::{self, Answer, Incoming};

/// The calls of each caller: what must be allowed (e.g. `dynamodb:PutItem`), on what (a resource's name).
pub type Recorded = BTreeMap<String, BTreeSet<(String, String)>>;

/// A running way to an AWS. A clone is the same one.
#[derive(Clone)]
pub struct Recorder {
    port: u16,
    state: Arc<State>,
}

struct State {
    endpoint: String,
    client: Client,
    /// Never dropped, as it is used by threads that live as long as the process.
    runtime: Runtime,
    recorded: Mutex<Recorded>,
}

impl Recorder {
    /// One to the AWS at this endpoint.
    pub fn start(endpoint: &str) -> Recorder {
        let state = Arc::new(State {
            endpoint: endpoint.to_owned(),
            client: Client::new(),
            runtime: Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap(),
            recorded: Mutex::default(),
        });
        let (listener, port) = stub::listen();
        let served = Arc::clone(&state);
        stub::serve(listener, move |request| served.answer(request));
        Recorder { port, state }
    }

    /// The endpoint for one of those who call.
    pub fn endpoint(&self, caller: &str) -> String {
        format!("http://127.0.0.1:{}/{caller}", self.port)
    }

    /// An environment in which this caller finds AWS here.
    pub fn environment(&self, caller: &str, environment: &[(String, String)]) -> Vec<(String, String)> {
        let others = environment.iter().filter(|(name, _)| name != "AWS_ENDPOINT_URL");
        others.cloned().chain([("AWS_ENDPOINT_URL".to_owned(), self.endpoint(caller))]).collect()
    }

    /// The calls so far.
    pub fn recorded(&self) -> Recorded {
        self.state.recorded.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl State {
    fn answer(&self, request: &Incoming) -> Answer {
        let (caller, path) = request.resource[1..].split_once('/').unwrap_or((&request.resource[1..], ""));
        let used = used(request.header("x-amz-target"), &request.body);
        assert!(!used.is_empty(), "nothing is known of a call: {path} {:?}", request.header("x-amz-target"));
        let mut recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        recorded.entry(caller.to_owned()).or_default().extend(used);
        drop(recorded);
        let mut call = self.client.post(format!("{}/{path}", self.endpoint)).body(request.body.clone());
        for (name, value) in &request.headers {
            if !["host", "content-length", "connection"].contains(&name.as_str()) {
                call = call.header(name, value);
            }
        }
        self.runtime.block_on(async {
            let reply = call.send().await.unwrap();
            let own = ["content-length", "transfer-encoding", "connection"];
            let headers = reply.headers().iter().filter(|(name, _)| !own.contains(&name.as_str()));
            let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
            let (status, headers) = (reply.status().as_u16(), headers.collect());
            Answer { status, headers, body: reply.bytes().await.unwrap().to_vec() }
        })
    }
}

/// What a call uses, as policies name it.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
fn used(target: Option<&str>, body: &[u8]) -> Vec<(String, String)> {
    let Some((service, operation)) = target.and_then(|target| target.split_once('.')) else {
        // SES speaks the protocol that has its operation in a form.
        let form = String::from_utf8_lossy(body);
        let operation = form.split('&').find_map(|field| field.strip_prefix("Action="));
        return operation
            .map(|operation| (format!("ses:{operation}"), "identity".to_owned()))
            .into_iter()
            .collect();
    };
    let request: Value = serde_json::from_slice(body).unwrap();
    let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
    match service {
        "DynamoDB_20120810" => of_dynamodb(operation, &request),
        // A batch is allowed with its single calls.
        "AmazonSQS" => {
            let queue = text("QueueUrl").rsplit('/').next().unwrap().to_owned();
            vec![(format!("sqs:{}", operation.trim_end_matches("Batch")), queue)]
        }
        "secretsmanager" => vec![(format!("secretsmanager:{operation}"), text("SecretId"))],
        "AWSEvents" => {
            let entries = request["Entries"].as_array().into_iter().flatten();
            let bus = |entry: &Value| entry["EventBusName"].as_str().unwrap().to_owned();
            entries.map(|entry| (format!("events:{operation}"), bus(entry))).collect()
        }
        _ => Vec::new(),
    }
}

fn of_dynamodb(operation: &str, request: &Value) -> Vec<(String, String)> {
    let table = |request: &Value| request["TableName"].as_str().unwrap_or_default().to_owned();
    let items = |name: &str| request[name].as_array().cloned().unwrap_or_default();
    match operation {
        // Of a transaction, its parts are allowed.
        "TransactWriteItems" | "TransactGetItems" => {
            let parts = items("TransactItems");
            let parts = parts.iter().flat_map(|part| part.as_object().into_iter().flatten());
            let action = |part: &str| match part {
                "ConditionCheck" => "dynamodb:ConditionCheckItem".to_owned(),
                part => format!("dynamodb:{part}Item"),
            };
            parts.map(|(part, of)| (action(part), table(of))).collect()
        }
        "BatchExecuteStatement" => {
            let statements = items("Statements");
            let used = |statement: &Value| {
                let statement = statement["Statement"].as_str().unwrap();
                let (verb, rest) = statement.split_once(' ').unwrap();
                // The first name of a statement.
                let table = rest.split('"').nth(1).unwrap();
                let verb = format!("{}{}", &verb[..1], verb[1..].to_lowercase());
                (format!("dynamodb:PartiQL{verb}"), table.to_owned())
            };
            statements.iter().map(used).collect()
        }
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = request["RequestItems"].as_object().into_iter().flatten();
            tables.map(|(table, _)| (format!("dynamodb:{operation}"), table.clone())).collect()
        }
        _ => {
            let index = request["IndexName"].as_str().map(|index| format!("/index/{index}"));
            vec![(
                format!("dynamodb:{operation}"),
                format!("{}{}", table(request), index.unwrap_or_default()),
            )]
        }
    }
}
