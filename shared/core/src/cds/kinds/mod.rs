//! The types of tasks. Adding one is a file of its own here, and a line in `KINDS`.
//!
//! What they share: `entries` is a payload that is put together; `flatten` makes texts by name of JSON, which `json` reads; `git` knows the
//! events of repositories; `signature` and `event_id` what senders say of a request.

mod entries;
mod event_id;
mod flatten;
mod git;
mod json;
mod kafka;
mod rabbitmq;
mod repository_poller;
mod repository_webhook;
mod scheduler;
mod signature;
#[cfg(test)]
mod tests;
mod webhook;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::{Cause, Config, InvalidConfig, WebhookRequest};
use crate::hook::Binding;

pub use git::Provider;
pub use repository_poller::RepositoryEvent;

/// All types there are.
static KINDS: &[&KindOf] = &[
    &webhook::WEBHOOK,
    &repository_webhook::REPOSITORY_WEBHOOK,
    &scheduler::SCHEDULER,
    &repository_poller::REPOSITORY_POLLER,
    &kafka::KAFKA,
    &rabbitmq::RABBITMQ,
];

/// A type of tasks.
#[derive(Clone, Copy)]
pub struct Kind(&'static KindOf);

/// What is special about a type of tasks.
pub struct KindOf {
    /// Its name, in tasks and executions, e.g. `RepoWebHook`.
    pub name: &'static str,
    /// The name of its model, in what CDS sends, e.g. `RepositoryWebHook`.
    pub model: &'static str,
    /// Whether the task has a URL, `<public URL>/webhook/<uuid>`, which its config then has as `webHookURL`.
    pub has_url: bool,
    /// Whether its bindings are to an AMQP broker's exchanges: the bridge's to make.
    pub of_broker: bool,
    /// What makes the task fire by itself, following from its config.
    pub wakes: fn(&Config) -> Result<Wakes, InvalidConfig>,
    /// Whether a request to the task's URL may be taken.
    pub admit: fn(&Config, &WebhookRequest, secret: Option<&str>) -> Result<(), Refusal>,
    /// What a sender calls an event, where it tells: the same twice is the same event.
    pub event_id: fn(&WebhookRequest) -> Option<String>,
    /// What happened, of a message that fired the task.
    pub of_message: fn(Value) -> Cause,
    /// What the workflow gets.
    pub payload: fn(&Config, &Cause) -> Result<Payload, PayloadError>,
}

/// What makes a task fire by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wakes {
    /// Its schedule, as hooks keep theirs.
    pub schedule: Vec<String>,
    /// The messages that it is for.
    pub bindings: Vec<Binding>,
}

/// Why a request to a task's URL is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The task is for requests of another method.
    #[error("this task is for {allowed} requests, and this is a {method}")]
    Method {
        /// The request's method.
        method: String,
        /// The task's.
        allowed: String,
    },
    /// Its sender has not shown that they know the task's secret.
    #[error("{0}")]
    Signature(String),
}

/// What a workflow gets, every value a text; or why it is not to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// It gets this.
    Run(BTreeMap<String, String>),
    /// The event is none that the task is for: why.
    Ignored(String),
}

/// What happened can't be made a payload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PayloadError(pub String);

impl Kind {
    /// What is special about it.
    pub fn of(self) -> &'static KindOf {
        self.0
    }

    /// The type of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        KINDS.iter().find(|kind| kind.name == name).map(|kind| Self(kind))
    }

    /// The type of that model.
    pub fn of_model(model: &str) -> Option<Self> {
        KINDS.iter().find(|kind| kind.model == model).map(|kind| Self(kind))
    }

    /// The models that there are.
    pub fn models() -> Vec<&'static str> {
        KINDS.iter().map(|kind| kind.model).collect()
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Kind {}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name)
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name)
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::of_name(&name).ok_or_else(|| serde::de::Error::custom(format!("{name:?} is no type of tasks")))
    }
}
