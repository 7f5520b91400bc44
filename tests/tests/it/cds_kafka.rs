//! Records of Kafka's topics, as Lambda hands them over, on an emulated AWS only.

use aws_sdk_dynamodb::Client;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use treble_aws::client::{AwsSettings, configure};
use treble_aws::dynamodb::{DynamoExecutions, DynamoHooks};
use treble_core::cds::{Cause, ExecutionStore as _, Status, Task, hook_name};
use treble_core::hook::StoredHook;
use treble_core::ports::{HookStore as _, PageRequest};
use treble_tests::{Aws, Lambda, Server, program};

fn client(aws: &Aws) -> Client {
    let settings = AwsSettings {
        region: "us-east-1".into(),
        access_key_id: "test".into(),
        secret_access_key: "test".into(),
        session_token: None,
        endpoint_url: Some(aws.endpoint().to_owned()),
    };
    Client::new(&configure(&settings))
}

/// A server whose tables have these tasks of type Kafka: of each the uuid, the integration and the topic.
async fn with_tasks(tasks: &[(&str, &str, &str)]) -> Option<Server> {
    let server = Server::on(Some(Aws::from_env()?), &[]).await;
    let aws = server.aws().unwrap();
    let hooks = DynamoHooks::new(client(aws), format!("{}-hooks", aws.name()));
    for (uuid, integration, topic) in tasks {
        let entries = [("project", "P"), ("workflow", "w"), ("integration", integration), ("topic", topic)];
        let config: serde_json::Map<_, _> =
            entries.map(|(name, value)| (name.to_owned(), json!({"value": value}))).into_iter().collect();
        let task: Task = serde_json::from_value(json!({"type": "Kafka", "config": config})).unwrap();
        let name = hook_name(uuid).unwrap();
        let definition = task.into_hook(&name).unwrap();
        hooks.create(&StoredHook::new(name, definition, Timestamp::UNIX_EPOCH, None)).await.unwrap();
    }
    Some(server)
}

fn environment(server: &Server, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut environment = server.aws().unwrap().environment();
    environment.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    environment
}

fn record(topic: &str, partition: u32, offset: u32, value: Option<&str>) -> Value {
    let mut record = json!({
        "topic": topic, "partition": partition, "offset": offset, "timestamp": 1_795_770_000_000_i64,
        "timestampType": "CREATE_TIME", "key": "a2V5", "headers": [{"name": [118, 97, 108]}],
    });
    if let Some(value) = value {
        record["value"] = STANDARD.encode(value).into();
    }
    record
}

/// What waits in the queue of firings: of each hook the payload, decoded; and the taskIds.
async fn firings(server: &Server) -> (Vec<(String, String)>, Vec<String>) {
    let aws = server.aws().unwrap();
    let (mut told, mut ids) = (Vec::new(), Vec::new());
    for message in aws.receive(&aws.firings_url()).await {
        let firing: Value = serde_json::from_str(message["Body"].as_str().unwrap()).unwrap();
        assert_eq!(firing["firedBy"], "pulseMessage", "{firing}");
        assert_eq!(firing["created"], "2026-11-27T09:00:00Z", "{firing}");
        let value = STANDARD.decode(firing["payload"].as_str().unwrap()).unwrap();
        told.push((firing["hook"].as_str().unwrap().to_owned(), String::from_utf8(value).unwrap()));
        ids.push(firing["taskId"].as_str().unwrap().to_owned());
    }
    told.sort();
    ids.sort();
    (told, ids)
}

#[tokio::test]
async fn records_of_either_kind_of_cluster_fire_the_tasks_of_their_topics() {
    let tasks = [("a", "default", "builds"), ("b", "default", "builds"), ("c", "other", "builds")];
    let Some(server) = with_tasks(&tasks).await else { return };
    let function = Lambda::start("cds-kafka", &environment(&server, &[("AWS_LAMBDA_LOG_LEVEL", "INFO")]));
    let records = json!({
        "builds-0": [record("builds", 0, 15, Some("{}")), record("builds", 0, 16, None)],
        "unknown-3": [record("unknown", 3, 15, Some("[]"))],
    });
    let msk = json!({
        "eventSource": "aws:kafka", "bootstrapServers": "b:9094", "records": records,
        "eventSourceArn": "arn:aws:kafka:us-east-1:000000000000:cluster/c/6e2d1f4c-1",
    });
    assert_eq!(function.invoke(&msk), Value::Null);
    let (told, first) = firings(&server).await;
    let value = |hook: &str, value: &str| (hook.to_owned(), value.to_owned());
    assert_eq!(told, [value("cds/a", "{}"), value("cds/b", "{}")]);
    function.lines(1, |line| line["records"] == 3 && line["tombstones"] == 1 && line["sent"] == 2);

    // The same records again are the same firings, those of another partition are not.
    let records =
        json!({"builds-0": [record("builds", 0, 15, Some("{}")), record("builds", 1, 15, Some("1"))]});
    let own = json!({"eventSource": "SelfManagedKafka", "bootstrapServers": "b:9092", "records": records});
    assert_eq!(function.invoke(&own), Value::Null);
    let (told, ids) = firings(&server).await;
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(first.iter().all(|id| ids.contains(id)), "{first:?} {ids:?}");

    let other = Lambda::start("cds-kafka", &environment(&server, &[("TREBLE_KAFKA_INTEGRATION", "other")]));
    assert_eq!(other.invoke(&own), Value::Null);
    assert_eq!(firings(&server).await.0, [value("cds/c", "1"), value("cds/c", "{}")]);
}

#[tokio::test]
async fn what_was_not_fired_comes_again_and_what_is_no_batch_is_an_error() {
    let Some(server) = with_tasks(&[("a", "default", "t")]).await else { return };
    let nowhere = format!("{}/000000000000/nowhere", server.aws().unwrap().endpoint());
    let function =
        Lambda::start("cds-kafka", &environment(&server, &[("TREBLE_FIRINGS_QUEUE_URL", &nowhere)]));
    let batch = |topics: [&str; 2]| {
        let records: Vec<_> = topics.iter().map(|topic| record(topic, 0, 1, Some("{}"))).collect();
        json!({"eventSource": "aws:kafka", "records": {"t-0": records}})
    };
    let error = function.invoke_in_vain(&batch(["t", "u"]));
    assert!(error.starts_with("1 of 2 records did not fire their tasks"), "{error}");
    assert_eq!(function.invoke(&batch(["u", "v"])), Value::Null, "nobody listens to these");
    let error = function.invoke_in_vain(&json!({"Records": []}));
    assert!(error.contains("records"), "{error}");
    assert!(firings(&server).await.0.is_empty());
}

/// The server that this suite runs on was built without Kafka.
#[test]
fn a_server_without_kafka_says_how_it_is_built_in() {
    let data = tempfile::TempDir::new().unwrap();
    let mut command = std::process::Command::new(program());
    command.args(["up", "--port", "0", "--data"]).arg(data.path()).env("TREBLE_KAFKA_BROKERS", "b:9092");
    let output = command.output().unwrap();
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("`cargo build --release --features kafka`"), "{error}");
}

/// A topic takes records of a megabyte, a queue does not.
#[tokio::test]
async fn a_record_that_no_queue_takes_is_an_execution_first() {
    let Some(server) = with_tasks(&[("a", "default", "t")]).await else { return };
    let aws = server.aws().unwrap();
    let function = Lambda::start("cds-kafka", &environment(&server, &[]));
    let value = json!({"text": "x".repeat(1_000_000)}).to_string();
    let batch = json!({"eventSource": "aws:kafka", "records": {"t-0": [record("t", 0, 1, Some(&value))]}});
    for _ in 0..2 {
        assert_eq!(function.invoke(&batch), Value::Null);
    }
    let messages = aws.receive(&aws.firings_url()).await;
    let firings: Vec<Value> = messages
        .iter()
        .map(|message| serde_json::from_str(message["Body"].as_str().unwrap()).unwrap())
        .collect();
    assert_eq!(firings.len(), 2);
    assert!(
        firings.iter().all(|firing| firing["payload"].is_null() && firing["taskId"] == firings[0]["taskId"])
    );

    let executions = DynamoExecutions::new(client(aws), format!("{}-fires", aws.name()));
    let task = hook_name("a").unwrap();
    let listed = executions.list(&task, &PageRequest::default()).await.unwrap().items;
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!(
        (listed[0].status, listed[0].task_id.as_str()),
        (Status::Enqueued, firings[0]["taskId"].as_str().unwrap())
    );
    let kept = executions.get(&task, listed[0].created).await.unwrap().unwrap();
    assert_eq!(kept.cause, Some(Cause::Kafka { message: STANDARD.encode(&value) }));
}
