//! Functions deployed into an emulated AWS, which starts their processes and wakes them: by queues, a rule and a stream.

use std::process::Command;

use serde_json::{Value, json};

use crate::Aws;
use crate::clients::tool;
use crate::lambda::binary;

const ACCOUNT: &str = "us-east-1:000000000000";

/// A `bootstrap` that is replaced by the binary: the emulator unpacks what is deployed, and need not unpack a binary with all
/// that a debugger wants to know.
const ZIP: &str = "
import base64, io, sys, zipfile
archive = io.BytesIO()
with zipfile.ZipFile(archive, 'w') as zip:
    entry = zipfile.ZipInfo('bootstrap')
    entry.external_attr = 0o755 << 16
    zip.writestr(entry, '#!/bin/sh\\nexec \"' + sys.argv[1] + '\"\\n')
print(base64.b64encode(archive.getvalue()).decode(), end='')
";

impl Aws {
    /// Deploys the binary of that name as a function with this environment.
    pub async fn deploy(&self, binary_name: &str, environment: &[(String, String)]) {
        let zip = Command::new(tool("python")).args(["-c", ZIP]).arg(binary(binary_name)).output().unwrap();
        let variables: serde_json::Map<String, Value> =
            environment.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        let function = json!({
            "FunctionName": self.function(binary_name),
            "Runtime": "provided.al2023",
            "Handler": "bootstrap",
            "Role": "arn:aws:iam::000000000000:role/treble",
            "Code": {"ZipFile": String::from_utf8(zip.stdout).unwrap()},
            "Environment": {"Variables": variables},
            "Timeout": 60,
        });
        self.rest("functions", &function).await;
    }

    /// Wakes a function with what comes to a queue.
    pub async fn wake_by_queue(&self, binary_name: &str, queue: &str) {
        let source = format!("arn:aws:sqs:{ACCOUNT}:{}-{queue}", self.name());
        self.map(binary_name, json!({"EventSourceArn": source, "BatchSize": 10})).await;
    }

    /// Wakes a function with what is written to the table of hooks.
    pub async fn wake_by_stream(&self, binary_name: &str) {
        let table = json!({"TableName": format!("{}-hooks", self.name())});
        let described = self.call("dynamodb", "DynamoDB_20120810.DescribeTable", &table).await;
        let source = described["Table"]["LatestStreamArn"].clone();
        self.map(binary_name, json!({"EventSourceArn": source, "StartingPosition": "TRIM_HORIZON"})).await;
    }

    async fn map(&self, binary_name: &str, mut mapping: Value) {
        mapping["FunctionName"] = self.function(binary_name).into();
        mapping["FunctionResponseTypes"] = json!(["ReportBatchItemFailures"]);
        self.rest("event-source-mappings", &mapping).await;
    }

    /// Wakes a function each minute.
    pub async fn wake_each_minute(&self, binary_name: &str) {
        let rule = format!("{}-minute", self.name());
        let schedule = json!({"Name": rule, "ScheduleExpression": "rate(1 minute)", "State": "ENABLED"});
        self.call("events", "AWSEvents.PutRule", &schedule).await;
        let arn = format!("arn:aws:lambda:{ACCOUNT}:function:{}", self.function(binary_name));
        let targets = json!({"Rule": rule, "Targets": [{"Id": "function", "Arn": arn}]});
        self.call("events", "AWSEvents.PutTargets", &targets).await;
    }

    /// Moves what the queue of firings can't get done to a queue of dead letters, after so many times.
    pub async fn give_up_after(&self, receives: u32) {
        let dead = format!("{}-dead", self.name());
        self.sqs("CreateQueue", &json!({"QueueName": dead})).await;
        let policy = json!({
            "deadLetterTargetArn": format!("arn:aws:sqs:{ACCOUNT}:{dead}"), "maxReceiveCount": receives,
        });
        let attributes = json!({"RedrivePolicy": policy.to_string()});
        let request = json!({"QueueUrl": self.firings_url(), "Attributes": attributes});
        self.sqs("SetQueueAttributes", &request).await;
    }

    /// Sends messages to the queue of firings, all in one request.
    pub async fn send_firings(&self, bodies: &[&str]) {
        let entry = |(number, body): (usize, &&str)| json!({"Id": number.to_string(), "MessageBody": body});
        let entries: Vec<Value> = bodies.iter().enumerate().map(entry).collect();
        let request = json!({"QueueUrl": self.firings_url(), "Entries": entries});
        self.sqs("SendMessageBatch", &request).await;
    }

    fn function(&self, binary_name: &str) -> String {
        format!("{}-{binary_name}", self.name())
    }

    /// A call of Lambda's API.
    async fn rest(&self, collection: &str, body: &Value) {
        let scope = "Credential=test/20260101/us-east-1/lambda/aws4_request";
        let call = reqwest::Client::new()
            .post(format!("{}/2015-03-31/{collection}", self.endpoint()))
            .header("authorization", format!("AWS4-HMAC-SHA256 {scope}"))
            .header("content-type", "application/json")
            .body(body.to_string());
        let reply = call.send().await.unwrap();
        let status = reply.status();
        assert!(status.is_success(), "{collection}: {status} {}", reply.text().await.unwrap());
    }
}
