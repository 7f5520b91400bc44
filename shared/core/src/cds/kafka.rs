//! Records of Kafka's topics, and the messages that tasks get of them, whoever consumes the topics.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::pulse::PulseMessage;

/// What a cluster is called where nobody says how CDS calls it.
pub const DEFAULT_INTEGRATION: &str = "default";

/// The exchange whose messages are the records of a topic, at the cluster that CDS knows as that integration.
pub fn exchange(integration: &str, topic: &str) -> String {
    format!("kafka/{integration}/{topic}")
}

/// The topic whose records are an exchange's messages; None of exchanges of other clusters, and of brokers.
pub fn topic<'e>(exchange: &'e str, integration: &str) -> Option<&'e str> {
    // The topic has no slash, whereas an integration may.
    let (cluster, topic) = exchange.strip_prefix("kafka/")?.rsplit_once('/')?;
    (cluster == integration).then_some(topic)
}

/// A record, written as Lambda does.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct KafkaRecord {
    /// The topic.
    pub topic: String,
    /// The topic's partition.
    pub partition: i32,
    /// Where it is in the partition.
    pub offset: i64,
    /// When it was made or appended, in milliseconds since 1970; below zero where nobody knows.
    pub timestamp: i64,
    /// Its value, in base64. None is a tombstone, which says that there is nothing any more under its key.
    #[serde(default)]
    pub value: Option<String>,
}

impl KafkaRecord {
    /// The message that tasks get. None of a tombstone, as there is nothing that a workflow could be given.
    pub fn into_message(self, integration: &str, now: Timestamp) -> Option<PulseMessage> {
        let value = self.value?;
        let told = Timestamp::from_millisecond(self.timestamp).ok().filter(|_| self.timestamp >= 0);
        Some(PulseMessage {
            // A topic that is made anew counts from zero again: the moment tells these records from the old ones.
            id: format!("{}-{}-{}", self.partition, self.offset, self.timestamp),
            exchange: exchange(integration, &self.topic),
            routing_key: String::new(),
            cc: Vec::new(),
            // Producers say anything, but nothing happened later than now.
            received: told.unwrap_or(now).min(now),
            payload: Value::String(value),
            unreadable: None,
            trace: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(timestamp: i64, value: Option<&str>) -> KafkaRecord {
        let value = value.map(str::to_owned);
        KafkaRecord { topic: "t".into(), partition: 3, offset: 15, timestamp, value }
    }

    #[test]
    fn an_exchange_is_of_one_topic_of_one_cluster() {
        for integration in ["default", "prod/eu", ""] {
            assert_eq!(topic(&exchange(integration, "a.b"), integration), Some("a.b"));
        }
        let others =
            ["kafka/other/t", "kafka/default", "kafka", "exchange/kafka/default/t", "rabbitmq/default/t"];
        for exchange in others {
            assert_eq!(topic(exchange, "default"), None, "{exchange}");
        }
    }

    #[test]
    fn a_record_is_a_message_of_its_moment() {
        let now: Timestamp = "2026-11-27T09:00:00Z".parse().unwrap();
        let earlier = 1_795_683_600_000;
        let message = record(earlier, Some("e30=")).into_message("default", now).unwrap();
        assert_eq!((&*message.id, &*message.exchange), ("3-15-1795683600000", "kafka/default/t"));
        assert_eq!((&message.payload, message.routing_key), (&"e30=".into(), String::new()));
        for (timestamp, received) in [
            (earlier, "2026-11-26T09:00:00Z"),
            (0, "1970-01-01T00:00:00Z"),
            (-1, "2026-11-27T09:00:00Z"),
            (i64::MAX, "2026-11-27T09:00:00Z"),
            (4_102_444_800_000, "2026-11-27T09:00:00Z"),
        ] {
            let message = record(timestamp, Some("")).into_message("default", now).unwrap();
            assert_eq!(message.received.to_string(), received, "{timestamp}");
        }
        assert_eq!(record(0, None).into_message("default", now), None, "a tombstone");
    }
}
