//! A task execution: a firing of a task, from when it is accepted until it is done.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::Config;
use crate::firing::FiredBy;
use crate::hook::HookName;
use crate::slugid::SlugId;

/// How far an execution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Its moment is yet to come.
    Scheduled,
    /// It waits in the queue.
    Enqueued,
    /// It is being done.
    Doing,
    /// It is over, well or not.
    Done,
}

impl Status {
    /// The name that clients see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "SCHEDULED",
            Self::Enqueued => "ENQUEUED",
            Self::Doing => "DOING",
            Self::Done => "DONE",
        }
    }
}

/// An execution of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution {
    /// The task.
    pub task: HookName,
    /// The firing's identity.
    pub task_id: SlugId,
    /// What made the task fire.
    pub fired_by: FiredBy,
    /// When it was accepted, or the moment on its schedule: to the nanosecond its identity within the task.
    pub created: Timestamp,
    /// How far it is.
    pub status: Status,
    /// How often it failed.
    pub errors: u32,
    /// Why it failed the last time, or was skipped.
    pub last_error: Option<String>,
    /// When it was over.
    pub processed: Option<Timestamp>,
    /// The number of the workflow's run that it started.
    pub run: Option<u64>,
    /// Not to be done before this moment: while it waits to be tried again, and while somebody is doing it.
    pub not_before: Option<Timestamp>,
    /// Grows by one at each change: the condition of every write.
    pub revision: u64,
    /// The task's configuration when it was accepted.
    pub config: Config,
    /// What happened. None in a listing, where it is too large to be told there.
    pub cause: Option<Cause>,
}

/// What happened, in the words of CDS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A request to the task's own URL.
    Webhook(WebhookRequest),
    /// A moment on its schedule.
    ScheduledTask {
        /// The moment.
        date_scheduled_execution: Timestamp,
    },
    /// A message of a Kafka topic.
    Kafka {
        /// Its value, in base64.
        message: String,
    },
    /// A message of a RabbitMQ exchange.
    #[serde(rename = "rabbitmq")]
    RabbitMq {
        /// Its body, JSON.
        message: String,
    },
    /// Something that happened in a repository, as a poller found it.
    Repository {
        /// The provider's event.
        event: Value,
    },
}

/// A request, as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookRequest {
    /// The raw query string.
    #[serde(rename = "request_url", default)]
    pub query: String,
    /// The body, not decoded in any way but from gzip and the like.
    #[serde(
        rename = "request_body",
        default,
        serialize_with = "to_base64",
        deserialize_with = "from_base64"
    )]
    pub body: Vec<u8>,
    /// The headers, each with all its values; names as Go writes them, e.g. `X-Github-Event`.
    #[serde(rename = "request_header", default)]
    pub headers: BTreeMap<String, Vec<String>>,
    /// The method, in upper case.
    #[serde(rename = "request_method", default)]
    pub method: String,
}

impl WebhookRequest {
    /// The first value of a header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.and_then(|(_, values)| values.first()).map(String::as_str)
    }
}

fn to_base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(bytes))
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    STANDARD.decode(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}
