//! Changes on an EventBridge bus.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use serde_json::{Value, json};
use treble_core::change::{Change, SOURCE};
use treble_core::ports::{BoxError, EventBus, PublishError};

/// The most events in a call.
const MAX_ENTRIES: usize = 10;
/// The most that a call's events may have together, in bytes. EventBridge takes more by now, but its targets don't.
const MAX_BYTES: usize = 256 * 1024;

/// Puts each change on an EventBridge bus, as an event of the source [`SOURCE`]: its detail-type is the change's
/// type, its detail what belongs to it.
#[derive(Clone)]
pub struct EventBridgeBus {
    client: Client,
    bus: String,
}

/// An event's type and detail, as EventBridge takes them.
struct Event {
    kind: String,
    detail: String,
}

/// Why an event isn't put on the bus though nothing is wrong with it.
#[derive(Debug, thiserror::Error)]
enum NotPut {
    #[error("EventBridge answered {code}: {message}")]
    Answer { code: String, message: String },
    #[error("EventBridge did not say what became of it")]
    NoAnswer,
    #[error("an earlier call failed")]
    NotTried,
}

impl EventBridgeBus {
    /// The bus of this name or ARN.
    pub fn new(client: Client, bus: impl Into<String>) -> Self {
        Self { client, bus: bus.into() }
    }

    /// Whether there is such a bus: one call.
    pub async fn check(&self) -> Result<(), BoxError> {
        self.client.describe_event_bus().name(&self.bus).send().await?;
        Ok(())
    }

    /// Sends one call's events. Outer error: the whole call failed.
    async fn put(&self, events: &[&Event]) -> Result<Vec<Result<(), PublishError>>, BoxError> {
        let entry = |event: &&Event| {
            PutEventsRequestEntry::builder()
                .event_bus_name(&self.bus)
                .source(SOURCE)
                .detail_type(&event.kind)
                .detail(&event.detail)
                .build()
        };
        let call = self.client.put_events().set_entries(Some(events.iter().map(entry).collect()));
        let mut answers = call.send().await?.entries.unwrap_or_default().into_iter();
        let mut answer_of = |_| match answers.next() {
            Some(answer) => result(answer),
            None => Err(PublishError::Unavailable(NotPut::NoAnswer.into())),
        };
        Ok(events.iter().map(&mut answer_of).collect())
    }
}

#[async_trait]
impl EventBus for EventBridgeBus {
    async fn publish(&self, changes: &[Change]) -> Vec<Result<(), PublishError>> {
        let events: Vec<Result<Event, PublishError>> = changes.iter().map(Event::new).collect();
        let sound: Vec<&Event> = events.iter().filter_map(|event| event.as_ref().ok()).collect();
        let mut results = Vec::new();
        let mut rest = &sound[..];
        while !rest.is_empty() {
            let (group, later) = rest.split_at(one_call(rest));
            rest = later;
            match self.put(group).await {
                Ok(answers) => results.extend(answers),
                Err(error) => {
                    let error: Arc<dyn std::error::Error + Send + Sync> = error.into();
                    let failed = |_: &&Event| Err(PublishError::Unavailable(Box::new(Arc::clone(&error))));
                    results.extend(group.iter().map(failed));
                    // The next would wait as long for nothing.
                    results
                        .extend(rest.iter().map(|_| Err(PublishError::Unavailable(NotPut::NotTried.into()))));
                    break;
                }
            }
        }
        let mut results = results.into_iter();
        let missing = || Err(PublishError::Unavailable(NotPut::NoAnswer.into()));
        events.into_iter().map(|event| event.and_then(|_| results.next().unwrap_or_else(missing))).collect()
    }
}

impl Event {
    fn new(change: &Change) -> Result<Self, PublishError> {
        let refused = |reason| PublishError::Refused { reason };
        let value = serde_json::to_value(change).map_err(|error| refused(error.to_string()))?;
        let (Some(kind), Some(detail)) = (value.get("type").and_then(Value::as_str), value.get("detail"))
        else {
            return Err(refused("a change without a type or a detail".into()));
        };
        let event = Self { kind: kind.to_owned(), detail: detail.to_string() };
        if event.bytes() > MAX_BYTES {
            return Err(refused(format!(
                "it has {} bytes, and at most {MAX_BYTES} are allowed",
                event.bytes()
            )));
        }
        Ok(event)
    }

    /// What it counts for.
    fn bytes(&self) -> usize {
        SOURCE.len() + self.kind.len() + self.detail.len()
    }
}

/// Why an event of a bus is none of ours.
#[derive(Debug, thiserror::Error)]
pub enum NoChange {
    /// It is of another source.
    #[error("the event is not of {SOURCE}")]
    Source,
    /// It says something else.
    #[error("the event is no change")]
    Unknown(#[from] serde_json::Error),
}

/// The change that an event of the bus tells, in the JSON in which EventBridge hands it over.
///
/// # Errors
/// When it tells none.
pub fn change_of(event: &Value) -> Result<Change, NoChange> {
    if event["source"] != SOURCE {
        return Err(NoChange::Source);
    }
    let change = json!({"type": event["detail-type"], "detail": event["detail"]});
    Ok(serde_json::from_value(change)?)
}

/// How many of these events, from the first, make one call.
fn one_call(events: &[&Event]) -> usize {
    let mut bytes = 0;
    let fits = |event: &&&Event| {
        bytes += event.bytes();
        bytes <= MAX_BYTES
    };
    events.iter().take(MAX_ENTRIES).take_while(fits).count().max(1)
}

/// What became of an event. Most of what EventBridge may say passes, or is for us to mend: only what is wrong with the
/// event itself makes it one that is not tried again.
fn result(answer: PutEventsResultEntry) -> Result<(), PublishError> {
    let Some(code) = answer.error_code else { return Ok(()) };
    let message = answer.error_message.unwrap_or_default();
    if matches!(&*code, "MalformedDetail" | "InvalidArgument") {
        return Err(PublishError::Refused { reason: format!("{code}: {message}") });
    }
    Err(PublishError::Unavailable(NotPut::Answer { code, message }.into()))
}

/// Names the bus, not the client with its credentials.
impl fmt::Debug for EventBridgeBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventBridgeBus").field("bus", &self.bus).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
