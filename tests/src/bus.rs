//! Event buses: a scripted one, and one on an (emulated) AWS that is read through a queue.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::Aws;
use crate::stub::{self, Answer, Incoming};

/// An EventBridge of the tests' own, that takes some events and refuses others.
pub struct EventBridge {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    refusals: Mutex<VecDeque<(u16, Vec<usize>)>>,
    taken: Mutex<Vec<Value>>,
}

impl EventBridge {
    /// One that takes everything.
    pub fn start() -> EventBridge {
        let (listener, port) = stub::listen();
        let state = Arc::new(State::default());
        let served = Arc::clone(&state);
        stub::serve(listener, move |request| served.answer(request));
        EventBridge { port, state }
    }

    /// Answers the next call with this status, and does not take these of its events.
    pub fn refuse_next(&self, status: u16, entries: &[usize]) {
        self.state.refusals.lock().unwrap().push_back((status, entries.to_vec()));
    }

    /// What functions are told about it.
    pub fn environment(&self) -> Vec<(String, String)> {
        [
            ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", self.port)),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("TREBLE_EVENT_BUS", "treble".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    /// The events that it took, in their order.
    pub fn taken(&self) -> Vec<Value> {
        self.state.taken.lock().unwrap().clone()
    }
}

impl State {
    fn answer(&self, request: &Incoming) -> Answer {
        assert_eq!(request.header("x-amz-target"), Some("AWSEvents.PutEvents"));
        let asked: Value = serde_json::from_slice(&request.body).unwrap();
        let (status, refused) = self.refusals.lock().unwrap().pop_front().unwrap_or((200, Vec::new()));
        if status != 200 {
            return Answer::json(status, json!({"__type": "InternalException", "message": "no"}));
        }
        let mut taken = self.taken.lock().unwrap();
        let mut answers = Vec::new();
        for (number, event) in asked["Entries"].as_array().unwrap().iter().enumerate() {
            if refused.contains(&number) {
                answers.push(json!({"ErrorCode": "ThrottlingException", "ErrorMessage": "too many"}));
            } else {
                taken.push(event.clone());
                answers.push(json!({"EventId": "1"}));
            }
        }
        Answer::json(200, json!({"FailedEntryCount": refused.len(), "Entries": answers}))
    }
}

impl Aws {
    /// The bus of this server.
    pub fn bus(&self) -> String {
        format!("{}-bus", self.name())
    }

    /// Makes that bus, and a rule that sends all its events to a queue.
    pub async fn create_bus(&self) {
        let (bus, queue) = (self.bus(), self.events_queue());
        self.call("events", "AWSEvents.CreateEventBus", &json!({"Name": bus})).await;
        self.sqs("CreateQueue", &json!({"QueueName": queue})).await;
        let pattern = json!({"source": ["treble.hooks"]}).to_string();
        let rule = json!({"Name": "all", "EventBusName": bus, "EventPattern": pattern});
        self.call("events", "AWSEvents.PutRule", &rule).await;
        let target = json!({"Id": "queue", "Arn": format!("arn:aws:sqs:us-east-1:000000000000:{queue}")});
        let targets = json!({"Rule": "all", "EventBusName": bus, "Targets": [target]});
        self.call("events", "AWSEvents.PutTargets", &targets).await;
    }

    /// The events that have come to that queue.
    pub async fn receive_events(&self) -> Vec<Value> {
        self.take(&format!("{}/000000000000/{}", self.endpoint(), self.events_queue())).await
    }

    fn events_queue(&self) -> String {
        format!("{}-events", self.name())
    }

    /// All records of the hooks table's stream, as Lambda delivers them.
    pub async fn stream_records(&self) -> Vec<Value> {
        let table = json!({"TableName": format!("{}-hooks", self.name())});
        let described = self.call("dynamodb", "DynamoDB_20120810.DescribeTable", &table).await;
        let arn = described["Table"]["LatestStreamArn"].clone();
        let streams = async |action: &str, request: Value| {
            self.call("dynamodb", &format!("DynamoDBStreams_20120810.{action}"), &request).await
        };
        let stream = streams("DescribeStream", json!({"StreamArn": arn})).await;
        let mut records = Vec::new();
        for shard in stream["StreamDescription"]["Shards"].as_array().unwrap() {
            let from = json!({
                "StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON",
            });
            let mut iterator = streams("GetShardIterator", from).await["ShardIterator"].clone();
            while iterator.is_string() {
                let page = streams("GetRecords", json!({"ShardIterator": iterator})).await;
                let found = page["Records"].as_array().unwrap();
                if found.is_empty() {
                    break;
                }
                records.extend(found.iter().cloned());
                iterator = page["NextShardIterator"].clone();
            }
        }
        records
    }

    /// Lets mails be from this address.
    pub async fn verify_mail_from(&self, address: &str) {
        let call = reqwest::Client::new()
            .post(self.endpoint())
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ses/aws4_request")
            .body(format!("Action=VerifyEmailIdentity&Version=2010-12-01&EmailAddress={address}"));
        let reply = call.send().await.unwrap();
        assert!(reply.status().is_success(), "{}", reply.text().await.unwrap());
    }

    /// The mails that were sent, whoever sent them. (Only ministack tells.)
    pub async fn mails(&self) -> Vec<Value> {
        let url = format!("{}/_ministack/ses/messages?account=000000000000", self.endpoint());
        let reply = reqwest::get(url).await.unwrap().text().await.unwrap();
        let mut mails = Vec::new();
        collect(&serde_json::from_str(&reply).unwrap(), &mut mails);
        mails
    }
}

/// The mails in an answer of ministack's, which has them by account.
fn collect(value: &Value, mails: &mut Vec<Value>) {
    match value {
        Value::Object(object) if object.contains_key("Subject") => mails.push(value.clone()),
        Value::Object(object) => object.values().for_each(|value| collect(value, mails)),
        Value::Array(array) => array.iter().for_each(|value| collect(value, mails)),
        _ => {}
    }
}
