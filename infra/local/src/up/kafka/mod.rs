//! Kafka, in this process: the records of the topics that tasks of CDS are bound to go into the queue of messages, where on AWS
//! Lambda consumes the topics.
//!
//! `consumer` is there with the feature `kafka` of this crate, `absent` says how to build it without. `beginnings` are where
//! topics begin that are new.

#[cfg(not(feature = "kafka"))]
mod absent;
#[cfg(feature = "kafka")]
mod beginnings;
#[cfg(feature = "kafka")]
mod consumer;
#[cfg(feature = "kafka")]
mod settings;

#[cfg(not(feature = "kafka"))]
pub(super) use absent::Consumer;
#[cfg(feature = "kafka")]
pub(super) use consumer::Consumer;

use treble_aws::settings::Variable;

/// Where the cluster is.
const BROKERS: Variable = Variable {
    name: "TREBLE_KAFKA_BROKERS",
    what: "the addresses of some of the Kafka cluster's brokers",
    example: "b-1.example.com:9092,b-2.example.com:9092",
};
