//! Tasks as messages of an SQS queue.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::operation::send_message::SendMessageError;
use aws_sdk_sqs::types::QueueAttributeName;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::time::timeout;
use treble_core::firing::FiredBy;
use treble_core::hook::HookName;
use treble_core::ports::{BoxError, CreatedTask, NewTask, Sink, SinkError};

use super::trace::{TRACEPARENT_BYTES, traceparent_attribute, xray_attribute};

/// The largest message sent, in bytes. SQS takes more by now (1 MiB), but what often reads such a queue doesn't: a
/// function that is invoked with ten messages at once gets all of them in one event.
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// The longest message group id that SQS takes, in characters.
const MAX_GROUP_ID: usize = 128;

/// How long [`Sink::check`] waits.
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);

/// Sends each task to an SQS queue, as the JSON message `{taskId, task, hookGroupId, hookId, firedBy}`, with its trace,
/// if it has one, as the attributes `traceparent` and `AWSTraceHeader`.
///
/// Each hook is a message group of its own: on a FIFO queue, whose address ends in `.fifo`, the tasks of a hook come in
/// the order of its firings, and one taskId comes once within SQS's five minutes of deduplication; on a standard queue
/// (a *fair queue*, by the groups) a hook with many tasks doesn't delay the others'.
#[derive(Clone)]
pub struct SqsSink {
    client: Client,
    queue_url: String,
}

/// The message of a task.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    task_id: &'a str,
    task: &'a Value,
    hook_group_id: &'a str,
    hook_id: &'a str,
    fired_by: FiredBy,
}

impl SqsSink {
    /// A sink that sends to the queue at `queue_url`.
    pub fn new(client: Client, queue_url: impl Into<String>) -> Self {
        Self { client, queue_url: queue_url.into() }
    }

    fn is_fifo(&self) -> bool {
        self.queue_url.ends_with(".fifo")
    }
}

#[async_trait]
impl Sink for SqsSink {
    async fn create_task(&self, task: NewTask<'_>) -> Result<CreatedTask, SinkError> {
        let firing = task.firing;
        let body = message(&task)?;
        // A task of the largest size is worth more than its trace.
        let room = MAX_MESSAGE_BYTES.saturating_sub(TRACEPARENT_BYTES);
        let traceparent = firing.trace.as_ref().filter(|_| body.len() <= room);
        let deduplication = self.is_fifo().then(|| firing.task_id.to_string());
        let sending = self
            .client
            .send_message()
            .queue_url(&self.queue_url)
            .message_group_id(group_id(&firing.hook))
            .set_message_deduplication_id(deduplication)
            .message_body(body)
            .set_message_attributes(traceparent.map(traceparent_attribute))
            .set_message_system_attributes(firing.trace.as_ref().map(xray_attribute))
            .send();
        match timeout(task.budget, sending).await {
            Ok(Ok(_)) => Ok(CreatedTask::default()),
            Ok(Err(error)) => Err(refusal(&error).unwrap_or_else(|| unavailable(error))),
            Err(elapsed) => Err(late(elapsed.into())),
        }
    }

    async fn check(&self) -> Result<(), SinkError> {
        let asking = self
            .client
            .get_queue_attributes()
            .queue_url(&self.queue_url)
            .attribute_names(QueueAttributeName::QueueArn)
            .send();
        match timeout(CHECK_TIMEOUT, asking).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(unavailable(error)),
            Err(elapsed) => Err(late(elapsed.into())),
        }
    }
}

/// Names the queue, not the client with its credentials.
impl fmt::Debug for SqsSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqsSink").field("queue_url", &self.queue_url).finish_non_exhaustive()
    }
}

fn message(task: &NewTask<'_>) -> Result<String, SinkError> {
    let firing = task.firing;
    let message = Message {
        task_id: firing.task_id.as_str(),
        task: task.definition,
        hook_group_id: firing.hook.group(),
        hook_id: firing.hook.id(),
        fired_by: firing.fired_by,
    };
    let text = serde_json::to_string(&message).map_err(|error| {
        rejected(400, "InputError", format!("the task can't be written as JSON: {error}"))
    })?;
    let text = within_charset(text);
    if text.len() > MAX_MESSAGE_BYTES {
        let allowed = format!(
            "the task's message has {} bytes, and at most {MAX_MESSAGE_BYTES} are allowed: pass what is large by \
             reference, e.g. as an artifact's URL",
            text.len()
        );
        return Err(rejected(413, "InputTooLarge", allowed));
    }
    Ok(text)
}

/// SQS takes the characters of XML 1.0 only. What else JSON may have unescaped are U+FFFE and U+FFFF, and those it
/// may have in strings alone, where they can as well be escaped.
pub(crate) fn within_charset(text: String) -> String {
    if text.contains(['\u{fffe}', '\u{ffff}']) {
        return text.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff");
    }
    text
}

/// The hook's name, if SQS takes one of its length; otherwise the name's beginning, to be recognized by, `#`, which no
/// name has, and the name's hash.
pub(crate) fn group_id(hook: &HookName) -> String {
    let mut name = hook.to_string();
    if name.len() > MAX_GROUP_ID {
        let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(&name));
        // A name is ASCII: any length is a boundary.
        name.truncate(MAX_GROUP_ID - 1 - hash.len());
        name.push('#');
        name.push_str(&hash);
    }
    name
}

/// What SQS finds wrong with the message itself, which sending it again won't mend. Anything else it answers with a
/// 4xx (no such queue, no permission, too many requests) is for us to mend: the task must not be lost over it.
fn refusal(error: &SdkError<SendMessageError, HttpResponse>) -> Option<SinkError> {
    let answer = error.as_service_error()?;
    let code = answer.code().unwrap_or("InvalidMessageContents");
    if !answer.is_invalid_message_contents() && code != "InvalidParameterValue" {
        return None;
    }
    Some(rejected(400, code, answer.message().unwrap_or("SQS does not take this message").to_owned()))
}

fn rejected(status: u16, code: &str, message: String) -> SinkError {
    SinkError::Rejected { status, code: code.to_owned(), message, body: None }
}

/// SQS's own messages name accounts and roles; its codes don't.
fn unavailable<E>(error: SdkError<E, HttpResponse>) -> SinkError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    let reason = match (&error, status) {
        (SdkError::TimeoutError(_), _) => "SQS did not answer in time".to_owned(),
        (SdkError::DispatchFailure(failure), _) if failure.is_timeout() => {
            "SQS did not answer in time".to_owned()
        }
        (SdkError::DispatchFailure(_), _) => "SQS could not be reached".to_owned(),
        (_, Some(status)) => {
            format!("SQS answered {status} {}", error.code().unwrap_or("without saying why"))
        }
        (_, None) => "SQS could not be asked".to_owned(),
    };
    SinkError::Unavailable { reason, status, body: None, source: Some(error.into()) }
}

fn late(source: BoxError) -> SinkError {
    let reason = "SQS did not answer in time".to_owned();
    SinkError::Unavailable { reason, status: None, body: None, source: Some(source) }
}

#[cfg(test)]
mod tests;
