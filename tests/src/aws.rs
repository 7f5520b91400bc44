//! Servers that keep everything on an (emulated) AWS, each in tables and a queue of its own.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

/// One server's resources on an AWS.
pub struct Aws {
    endpoint: String,
    name: String,
}

impl Aws {
    /// Names for a new server's resources; `None` where the tests run without AWS.
    pub fn from_env() -> Option<Aws> {
        std::env::var("AWS_ENDPOINT_URL").ok().map(Aws::at)
    }

    /// Names for a new server's resources on the AWS at this endpoint.
    pub fn at(endpoint: impl Into<String>) -> Aws {
        static SERVERS: AtomicU32 = AtomicU32::new(0);
        let name = format!("t{}-{}", std::process::id(), SERVERS.fetch_add(1, Ordering::Relaxed));
        Aws { endpoint: endpoint.into(), name }
    }

    /// What a server is told about its resources.
    pub fn environment(&self) -> Vec<(String, String)> {
        let mut variables = vec![
            ("AWS_ENDPOINT_URL".to_owned(), self.endpoint.clone()),
            ("AWS_ACCESS_KEY_ID".to_owned(), "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY".to_owned(), "test".to_owned()),
            ("AWS_REGION".to_owned(), "us-east-1".to_owned()),
        ];
        for table in ["hooks", "fires", "auth", "gates"] {
            let variable = format!("TREBLE_{}_TABLE", table.to_uppercase());
            variables.push((variable, format!("{}-{table}", self.name)));
        }
        variables.push(("TREBLE_MASTER_KEY_ARN".to_owned(), self.secret()));
        variables.push(("TREBLE_FIRINGS_QUEUE_URL".to_owned(), self.firings_url()));
        variables.push(("TREBLE_DELIVERIES_QUEUE_URL".to_owned(), self.deliveries_url()));
        variables
    }

    /// The queue that tasks are sent to.
    pub fn queue_url(&self) -> String {
        format!("{}/000000000000/{}-tasks", self.endpoint, self.name)
    }

    /// The queue that firings wait in.
    pub fn firings_url(&self) -> String {
        format!("{}/000000000000/{}-firings", self.endpoint, self.name)
    }

    /// The queue of integrators' lanes.
    pub fn deliveries_url(&self) -> String {
        format!("{}/000000000000/{}-deliveries", self.endpoint, self.name)
    }

    fn secret(&self) -> String {
        format!("{}-master-key", self.name)
    }

    /// Makes these queues, and the secret that is the master key.
    pub async fn create(&self) {
        for queue in ["tasks", "firings", "deliveries"] {
            self.sqs("CreateQueue", &json!({"QueueName": format!("{}-{queue}", self.name)})).await;
        }
        self.keep_secret("master-key", &format!("{:-<32}", self.name)).await;
    }

    /// Keeps a text as a secret: its name.
    pub async fn keep_secret(&self, what: &str, text: &str) -> String {
        let name = format!("{}-{what}", self.name);
        let secret = json!({"Name": name, "SecretString": text, "ClientRequestToken": "-"});
        self.call("secretsmanager", "secretsmanager.CreateSecret", &secret).await;
        name
    }

    /// The address of that AWS.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What its resources' names begin with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Takes all messages from the queue of tasks.
    pub async fn receive_tasks(&self) -> Vec<Value> {
        self.take(&self.queue_url()).await
    }

    /// Takes all messages from a queue; they are JSON.
    pub async fn take(&self, queue_url: &str) -> Vec<Value> {
        let mut bodies = Vec::new();
        loop {
            let messages = self.receive(queue_url).await;
            if messages.is_empty() {
                return bodies;
            }
            for message in messages {
                bodies.push(serde_json::from_str(message["Body"].as_str().unwrap()).unwrap());
                let receipt = json!({"QueueUrl": queue_url, "ReceiptHandle": message["ReceiptHandle"]});
                self.sqs("DeleteMessage", &receipt).await;
            }
        }
    }

    /// Receives up to ten messages of a queue, as SQS has them.
    pub async fn receive(&self, queue_url: &str) -> Vec<Value> {
        let request = json!({"QueueUrl": queue_url, "MaxNumberOfMessages": 10, "AttributeNames": ["All"], "MessageAttributeNames": ["All"]});
        self.sqs("ReceiveMessage", &request).await["Messages"].as_array().cloned().unwrap_or_default()
    }

    /// How many messages of a queue can be received now, and how many are hidden or delayed.
    pub async fn depth(&self, queue_url: &str) -> (u64, u64) {
        let request = json!({"QueueUrl": queue_url, "AttributeNames": ["All"]});
        let reply = self.sqs("GetQueueAttributes", &request).await;
        let number = |name: &str| -> u64 {
            let text = reply["Attributes"][name].as_str().unwrap_or("0");
            text.parse().unwrap()
        };
        let hidden =
            number("ApproximateNumberOfMessagesNotVisible") + number("ApproximateNumberOfMessagesDelayed");
        (number("ApproximateNumberOfMessages"), hidden)
    }

    /// One call of SQS.
    pub async fn sqs(&self, action: &str, request: &Value) -> Value {
        self.call("sqs", &format!("AmazonSQS.{action}"), request).await
    }

    /// One call of AWS's JSON protocol. The emulator looks at no signature, only at whom it is for.
    pub async fn call(&self, service: &str, action: &str, request: &Value) -> Value {
        let scope = format!("Credential=test/20260101/us-east-1/{service}/aws4_request");
        let call = reqwest::Client::new()
            .post(&self.endpoint)
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", action)
            .header("authorization", format!("AWS4-HMAC-SHA256 {scope}"))
            .body(request.to_string());
        let reply = call.send().await.unwrap();
        let status = reply.status();
        let body = reply.text().await.unwrap();
        assert!(status.is_success(), "{action}: {status} {body}");
        serde_json::from_str(&body).unwrap_or_default()
    }
}
