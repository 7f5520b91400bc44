//! What an integrator answers when it is asked.

use serde_json::{Map, Value};

use super::Event;
use super::ports::{GateReply, MAX_REPLY_BYTES};

/// The longest `work_id`, `user_id` and the like, in bytes: they are keys of a table, and parts of replies.
const MAX_ID_BYTES: usize = 1000;
/// As much of a reason is passed on, in bytes.
const MAX_REASON_BYTES: usize = 1000;

/// What an integrator says before something happens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Approval {
    /// Whether it may happen; always, where it can't be refused.
    pub approved: bool,
    /// Why not.
    pub reason: Option<String>,
    /// What tells the `post-` event that it belongs to this one.
    pub work_id: Option<String>,
    /// Whose the cluster is.
    pub user_id: Option<String>,
    /// In which project.
    pub project_id: Option<String>,
    /// Of which organisation.
    pub organisation_id: Option<String>,
}

/// An answer that says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// It has another status than 200 to 299.
    #[error("it answered {0}")]
    Status(u16),
    /// It is no JSON object of the members that it should have.
    #[error("its answer can't be understood: {0}")]
    Unreadable(String),
    /// It is longer than is read.
    #[error("its answer is longer than {0} bytes")]
    TooLong(usize),
}

impl Approval {
    /// Reads an answer's body: a JSON object; members that aren't known don't matter. None of what it says is quoted in an
    /// error.
    ///
    /// A member that is null or an empty text is as good as none. Where something may be refused, `approved` has to be there;
    /// a refusal stands, whatever is wrong with the rest of it.
    pub fn read(event: Event, body: &[u8]) -> Result<Self, ReplyError> {
        let members = object(body)?;
        if !event.may_be_refused() {
            return Self::granted(&members);
        }
        match members.get("approved") {
            Some(Value::Bool(true)) => Self::granted(&members),
            Some(Value::Bool(false)) => {
                let reason = members.get("reason").and_then(Value::as_str);
                let reason =
                    reason.map(|reason| reason[..reason.floor_char_boundary(MAX_REASON_BYTES)].trim());
                Ok(Self {
                    reason: reason.filter(|reason| !reason.is_empty()).map(str::to_owned),
                    work_id: text(&members, "work_id").unwrap_or_default(),
                    ..Self::default()
                })
            }
            Some(other) => Err(ReplyError::Unreadable(format!("approved is {}, not a boolean", kind(other)))),
            None => Err(ReplyError::Unreadable("it doesn't say whether it is approved".into())),
        }
    }

    /// Reads an answer, whatever its status.
    pub(super) fn of_reply(event: Event, reply: &GateReply) -> Result<Self, ReplyError> {
        if !is_success(reply.status) {
            return Err(ReplyError::Status(reply.status));
        }
        Self::read(event, reply.body.as_deref().ok_or(ReplyError::TooLong(MAX_REPLY_BYTES))?)
    }

    fn granted(members: &Map<String, Value>) -> Result<Self, ReplyError> {
        Ok(Self {
            approved: true,
            reason: None,
            work_id: text(members, "work_id")?,
            user_id: text(members, "user_id")?,
            project_id: text(members, "project_id")?,
            organisation_id: text(members, "organisation_id")?,
        })
    }
}

/// Whether a status says that a request was taken.
pub(super) fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

fn object(body: &[u8]) -> Result<Map<String, Value>, ReplyError> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(other) => Err(ReplyError::Unreadable(format!("it is {}, not an object", kind(&other)))),
        Err(_) if body.is_empty() => Err(ReplyError::Unreadable("it is empty".into())),
        // The parser's own words may quote it.
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            Err(ReplyError::Unreadable(format!("it is no JSON, from line {line} column {column} on")))
        }
    }
}

fn text(members: &Map<String, Value>, name: &str) -> Result<Option<String>, ReplyError> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() > MAX_ID_BYTES => {
            Err(ReplyError::Unreadable(format!("{name} is longer than {MAX_ID_BYTES} bytes")))
        }
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(other) => Err(ReplyError::Unreadable(format!("{name} is {}, not a string", kind(other)))),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests;
