//! What the Queue's answers mean.

use std::time::Duration;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use jiff::Timestamp;
use serde_json::Value;
use treble_core::ports::{BoxError, CreatedTask, SinkError};

use crate::http::Reply;

/// What the reference service calls an error that isn't one of Taskcluster's, in its text and in ours as a code.
const UNKNOWN: &str = "Unknown Server Error";
const UNKNOWN_CODE: &str = "UnknownServerError";

/// Why a call did not create the task.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: SinkError,
    /// How long to wait at least before calling again, where that may help.
    pub(super) again: Option<Duration>,
}

impl Failure {
    /// There was no answer.
    pub(super) fn again(reason: String, source: BoxError) -> Self {
        let error = SinkError::Unavailable { reason, status: None, body: None, source: Some(source) };
        Self { error, again: Some(Duration::ZERO) }
    }
}

/// Reads the answer to `createTask`.
pub(super) fn to_create_task(reply: &Reply, now: Timestamp) -> Result<CreatedTask, Failure> {
    let again = Some(wait(reply, now));
    match reply.status {
        200..=299 => match reply.json().as_mut().and_then(|body| body.get_mut("status")) {
            Some(status) => Ok(CreatedTask { status: Some(status.take()) }),
            // Somebody between us and the Queue answered, or there is more than a status has.
            None => Err(Failure { error: unreadable(reply), again }),
        },
        // Too early, too late, too often: not the task's fault.
        408 | 425 | 429 => Err(Failure { error: unavailable(reply), again }),
        400..=499 => Err(Failure { error: rejected(reply), again: None }),
        _ => Err(Failure { error: unavailable(reply), again }),
    }
}

fn rejected(reply: &Reply) -> SinkError {
    let body = reply.json();
    let (code, message) = words(body.as_ref()).unwrap_or((UNKNOWN_CODE, UNKNOWN));
    let (code, message) = (code.to_owned(), message.to_owned());
    SinkError::Rejected { status: reply.status, code, message, body }
}

/// What is neither a task nor a refusal.
pub(super) fn unavailable(reply: &Reply) -> SinkError {
    let body = reply.json();
    let why = match words(body.as_ref()) {
        Some((code, message)) => format!("{code}: {message}"),
        None => UNKNOWN.to_owned(),
    };
    let reason = format!("the queue answered {}: {why}", reply.status);
    SinkError::Unavailable { reason, status: Some(reply.status), body, source: None }
}

fn unreadable(reply: &Reply) -> SinkError {
    let reason = format!("the queue answered {} without the task's status", reply.status);
    SinkError::Unavailable { reason, status: Some(reply.status), body: reply.json(), source: None }
}

/// Code and message, if it is an error of Taskcluster's: those tell what was requested.
/// <https://docs.taskcluster.net/docs/manual/design/apis/errors>
fn words(body: Option<&Value>) -> Option<(&str, &str)> {
    let body = body?;
    body.get("requestInfo")?;
    Some((body.get("code")?.as_str()?, body.get("message")?.as_str()?))
}

/// How long the answer asks to wait: seconds or a date, by RFC 9110, section 10.2.3.
fn wait(reply: &Reply, now: Timestamp) -> Duration {
    let Some(text) = reply.retry_after.as_deref().map(str::trim) else { return Duration::ZERO };
    if let Ok(seconds) = text.parse() {
        return Duration::from_secs(seconds);
    }
    let date = DateTime::from_str(text, Format::HttpDate).ok();
    let seconds = date.map_or(0, |date| date.secs().saturating_sub(now.as_second()));
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}
