//! Where the group begins with a topic that is new to it: at its end, which is committed at once. Otherwise a server that stops
//! before the topic's first record would begin at the end again, and skip what came meanwhile.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext, Rebalance};
use rdkafka::error::KafkaResult;
use rdkafka::{ClientContext, Offset, TopicPartitionList};
use treble_core::ports::chain;

/// How long the cluster may take to answer. Nothing is consumed meanwhile.
const PATIENCE: Duration = Duration::from_secs(5);

/// Commits beginnings.
pub(super) struct Beginnings;

impl ClientContext for Beginnings {}

impl ConsumerContext for Beginnings {
    fn post_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Assign(partitions) = rebalance else { return };
        if let Err(error) = commit(consumer, partitions) {
            tracing::warn!(error = chain(&error), "where topics of Kafka begin can't be committed");
        }
    }
}

/// Commits the end of each partition that has no offset yet.
fn commit(consumer: &BaseConsumer<Beginnings>, assigned: &TopicPartitionList) -> KafkaResult<()> {
    let mut beginnings = TopicPartitionList::new();
    for partition in consumer.committed_offsets(assigned.clone(), PATIENCE)?.elements() {
        if partition.offset() == Offset::Invalid {
            let (topic, number) = (partition.topic(), partition.partition());
            let (_, end) = consumer.fetch_watermarks(topic, number, PATIENCE)?;
            beginnings.add_partition_offset(topic, number, Offset::Offset(end))?;
        }
    }
    if beginnings.count() > 0 { consumer.commit(&beginnings, CommitMode::Async) } else { Ok(()) }
}
