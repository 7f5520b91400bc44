//! How to reach the cluster.

use std::fs;
use std::io;
use std::path::PathBuf;

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use treble_aws::settings::{KAFKA_INTEGRATION, SettingError, Variable};
use treble_core::cds::kafka::DEFAULT_INTEGRATION;

use super::BROKERS;
use crate::environment::variables;

const GROUP: Variable = Variable {
    name: "TREBLE_KAFKA_GROUP",
    what: "the consumer group that servers share the records in",
    example: "treble",
};

/// Where brokers want TLS or a password, and whatever else librdkafka can be told.
const PROPERTIES: Variable = Variable {
    name: "TREBLE_KAFKA_PROPERTIES",
    what: "the path of a file of librdkafka's properties",
    example: "client.properties",
};

/// What is told about a cluster.
pub(super) struct Settings {
    /// What CDS calls it.
    pub(super) integration: String,
    /// How the client is made.
    pub(super) client: ClientConfig,
}

/// Why a cluster can't be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum SettingsError {
    #[error(transparent)]
    Setting(#[from] SettingError),
    #[error("{} is set, and CDS_API_URL is not: only tasks of CDS listen to Kafka", BROKERS.name)]
    NoCds,
    #[error("{} can't be read: {} names it", path.display(), PROPERTIES.name)]
    Unreadable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{}: line {line} must be NAME=VALUE, e.g. security.protocol=SASL_SSL", path.display())]
    Malformed { path: PathBuf, line: usize },
    #[error("the client of Kafka can't be made of these settings")]
    Client(#[from] KafkaError),
}

impl Settings {
    /// As the environment says; None where it names no cluster.
    pub(super) fn read(has_cds: bool) -> Result<Option<Self>, SettingsError> {
        let variables = variables();
        if variables.optional(BROKERS.name).is_none() {
            return Ok(None);
        }
        if !has_cds {
            return Err(SettingsError::NoCds);
        }
        let mut client = ClientConfig::new();
        // A topic that is new to the group begins now, as for CDS's own service: what was said before concerns no task.
        client.set("auto.offset.reset", "latest").set("client.id", "treble");
        // A topic that is made after its task is found soon.
        client.set("topic.metadata.refresh.interval.ms", "30000");
        if let Some(path) = variables.optional(PROPERTIES.name).map(PathBuf::from) {
            let text = fs::read_to_string(&path)
                .map_err(|source| SettingsError::Unreadable { path: path.clone(), source })?;
            for (name, value) in properties(&text).map_err(|line| SettingsError::Malformed { path, line })? {
                client.set(name, value);
            }
        }
        let group = variables.optional(GROUP.name).unwrap_or_else(|| GROUP.example.to_owned());
        client.set("bootstrap.servers", variables.required(BROKERS)?).set("group.id", group);
        // What is in our queue is stored as an offset by us, and committed soon after.
        client.set("enable.auto.offset.store", "false").set("enable.auto.commit", "true");
        client.set("auto.commit.interval.ms", "1000");
        let integration = variables.optional(KAFKA_INTEGRATION.name);
        let integration = integration.unwrap_or_else(|| DEFAULT_INTEGRATION.to_owned());
        Ok(Some(Self { integration, client }))
    }
}

/// The properties of a file; the number of the line that is none.
fn properties(text: &str) -> Result<Vec<(&str, &str)>, usize> {
    let lines = text.lines().map(str::trim).zip(1..);
    let told = lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
    told.map(|(line, number)| property(line).ok_or(number)).collect()
}

fn property(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim_end();
    (!name.is_empty()).then(|| (name, value.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::properties;

    #[test]
    fn properties_are_lines() {
        let text = "# TLS\nsecurity.protocol = SASL_SSL\n\nsasl.password=a=b#c \r\nempty=";
        let expected = [("security.protocol", "SASL_SSL"), ("sasl.password", "a=b#c"), ("empty", "")];
        assert_eq!(properties(text).unwrap(), expected);
        for (text, line) in [("a=b\nnonsense", 2), ("\n\n = c", 3)] {
            assert_eq!(properties(text), Err(line), "{text:?}");
        }
    }
}
