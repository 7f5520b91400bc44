//! `treble up` as a consumer of Kafka, on librdkafka's own cluster of brokers in this process, which speaks the real protocol.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on stops and says why")]

use std::io::Write as _;
use std::process::Command;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{DefaultProducerContext, FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};
use serde_json::{Value, json};
use tempfile::{NamedTempFile, TempDir};
use treble_tests::{Cds, Request, Server, program, until};

const PATIENCE: Duration = Duration::from_secs(60);

/// A cluster, a CDS, and a server between them.
struct World {
    cluster: MockCluster<'static, DefaultProducerContext>,
    cds: Cds,
    server: Server,
    /// The client's file of properties.
    _properties: NamedTempFile,
}

impl World {
    /// With these topics, of two partitions each.
    async fn start(topics: &[&str]) -> World {
        let cluster = MockCluster::new(3).unwrap();
        for topic in topics {
            cluster.create_topic(topic, 2, 1).unwrap();
        }
        let cds = Cds::start("t0ken");
        let (api, brokers) = (cds.api_url(), cluster.bootstrap_servers());
        // Who was killed is missed soon, and its partitions are given to the next.
        let mut properties = NamedTempFile::new().unwrap();
        writeln!(properties, "# Brokers want at least six.\nsession.timeout.ms = 6000").unwrap();
        let variables = [
            ("TREBLE_KAFKA_PROPERTIES", properties.path().to_str().unwrap()),
            ("CDS_API_URL", &*api),
            ("CDS_TOKEN", "t0ken"),
            ("TREBLE_KAFKA_BROKERS", &*brokers),
            ("TREBLE_KAFKA_INTEGRATION", "builds"),
        ];
        let server = Server::with_variables(&variables, &[]).await;
        World { cluster, cds, server, _properties: properties }
    }

    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.cluster.bootstrap_servers());
        config
    }

    /// CDS tells of a task that listens to a topic; for it to know the service, that must have registered.
    async fn listen(&self, uuid: &str, topic: &str) {
        until(async || !self.cds.registrations().is_empty()).await;
        let entries = [("project", "P"), ("workflow", uuid), ("integration", "builds"), ("topic", topic)];
        let config: serde_json::Map<_, _> =
            entries.map(|(name, value)| (name.to_owned(), json!({"value": value}))).into_iter().collect();
        // What it does not list is removed when the server starts again.
        let hook = json!({"uuid": uuid, "hook_model_name": "Kafka hook", "config": config});
        self.cds.has_hooks(&json!([hook]));
        let reply = Request::to("POST ^/task").anonymously().header("X_AUTH_HEADER", &self.cds.auth_header());
        let reply = reply.json(&hook).send(&self.server).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }

    async fn produce(&self, topic: &str, partition: i32, value: Option<&str>) {
        let producer: FutureProducer = self.config().create().unwrap();
        let record = FutureRecord::<str, str> {
            payload: value,
            ..FutureRecord::to(topic).key("k").partition(partition)
        };
        producer.send(record, PATIENCE).await.map_err(|(error, _)| error).unwrap();
    }

    /// The group's offset in each partition of a topic.
    async fn committed(&self, topic: &str) -> Vec<Offset> {
        let (config, topic) = (self.config().set("group.id", "treble").clone(), topic.to_owned());
        let read = move || {
            let consumer: BaseConsumer = config.create().unwrap();
            let mut partitions = TopicPartitionList::new();
            partitions.add_partition_range(&topic, 0, 1);
            let committed = consumer.committed_offsets(partitions, PATIENCE).unwrap();
            committed.elements().iter().map(|partition| partition.offset()).collect()
        };
        tokio::task::spawn_blocking(read).await.unwrap()
    }

    /// Waits until the group has begun with a topic.
    async fn consumed(&self, topic: &str) {
        until(async || self.committed(topic).await.iter().all(|offset| *offset != Offset::Invalid)).await;
    }

    /// The payloads that a task's workflow ran with.
    fn runs(&self, uuid: &str) -> Vec<Value> {
        let runs = self.cds.runs().into_iter();
        runs.filter(|run| run.uuid == uuid).map(|run| run.payload).collect()
    }

    /// Waits until a task's workflow ran with payloads of these names; that it ran with others, or more often, is a failure.
    async fn ran_with(&self, uuid: &str, names: &[&str]) {
        until(async || self.runs(uuid).len() >= names.len()).await;
        let runs = self.runs(uuid);
        let mut ran: Vec<&str> = runs.iter().map(|payload| payload["name"].as_str().unwrap()).collect();
        ran.sort_unstable();
        assert_eq!(ran, names, "{runs:?}");
    }
}

async fn produce(client: &ClientConfig, topic: &str, partition: i32, value: Option<&str>) {
    let producer: FutureProducer = client.create().unwrap();
    let record = FutureRecord::<str, str>::to(topic).key("k").partition(partition);
    let record = FutureRecord { payload: value, ..record };
    producer.send(record, PATIENCE).await.map_err(|(error, _)| error).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workflow_runs_for_each_record_of_its_topic() {
    let world = World::start(&["images", "other"]).await;
    world.produce("images", 0, Some(r#"{"name": "before"}"#)).await;
    world.listen("a", "images").await;
    world.consumed("images").await;
    world.produce("images", 0, None).await;
    world.produce("other", 0, Some(r#"{"name": "nobody's"}"#)).await;
    for (partition, value) in
        [(0, r#"{"name": "Ada"}"#), (1, r#"{"name": "Grace", "at": {"city": "New York"}}"#)]
    {
        world.produce("images", partition, Some(value)).await;
    }
    world.ran_with("a", &["Ada", "Grace"]).await;
    let grace = world.runs("a").into_iter().find(|payload| payload["name"] == "Grace").unwrap();
    assert_eq!(grace["at.city"], "New York");
    assert_eq!(grace["payload"], r#"{"name": "Grace", "at": {"city": "New York"}}"#);

    // Another task, another topic: it is subscribed to while the server runs.
    world.listen("b", "other").await;
    world.consumed("other").await;
    world.produce("other", 1, Some(r#"{"name": "Alan"}"#)).await;
    world.ran_with("b", &["Alan"]).await;
    world.ran_with("a", &["Ada", "Grace"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_produced_while_the_server_is_away_is_done_when_it_is_back() {
    let mut world = World::start(&["images"]).await;
    world.listen("a", "images").await;
    world.consumed("images").await;
    for names in [&["Ada"][..], &["Ada", "Grace"]] {
        let client = world.config();
        let stopped = world.server.kill();
        let value = format!(r#"{{"name": "{}"}}"#, names.last().unwrap());
        produce(&client, "images", 0, Some(&value)).await;
        world.server = stopped.start();
        world.ran_with("a", names).await;
    }
}

#[test]
fn what_is_wrong_with_the_settings_is_said_at_the_start() {
    let data = TempDir::new().unwrap();
    let properties = data.path().join("client.properties");
    std::fs::write(&properties, "a=b\nnonsense").unwrap();
    let up = |variables: &[(&str, &str)]| {
        let mut command = Command::new(program());
        command.args(["up", "--port", "0", "--data"]).arg(data.path()).env("TREBLE_KAFKA_BROKERS", "b:9092");
        let output = command.envs(variables.iter().copied()).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let error = up(&[]);
    assert!(error.contains("CDS_API_URL is not: only tasks of CDS listen to Kafka"), "{error}");
    let cds = [("CDS_API_URL", "http://127.0.0.1:1"), ("CDS_TOKEN", "t")];
    let path = properties.to_str().unwrap();
    let with = |path| [&cds[..], &[("TREBLE_KAFKA_PROPERTIES", path)]].concat();
    let error = up(&with(path));
    assert!(error.contains("client.properties: line 2 must be NAME=VALUE"), "{error}");
    std::fs::write(&properties, "no.such.property=1").unwrap();
    let error = up(&with(path));
    assert!(error.contains("no.such.property"), "{error}");
    let error = up(&with("/nowhere/client.properties"));
    assert!(error.contains("/nowhere/client.properties can't be read"), "{error}");
}
