//! The errors of the Taskcluster dialect and the envelope that they travel in.

use std::fmt::Write as _;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use treble_core::fire::FireError;
use treble_core::gate::{AskError, Refusal, TellError};
use treble_core::ports::{QueueError, SinkError, StoreError};
use treble_core::task::iso;

use super::json_text::indented;
use crate::auth::AuthError;

/// The longest message that a client is told, in bytes: some quote what the client sent.
const MAX_MESSAGE_BYTES: usize = 128 * 1024;

/// The largest payload that an error repeats, in bytes of indented JSON: an anonymous caller gets no answer much larger
/// than its question.
pub(super) const MAX_ECHO_BYTES: usize = 256 * 1024;

/// What is wrong, as clients tell errors apart: a code with its HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The body is not what it says it is.
    MalformedPayload,
    /// The URL's parameters or query are not what the route takes.
    InvalidRequestArguments,
    /// The body fails the route's schema.
    InputValidationError,
    /// The body says something that can't be.
    InputError,
    /// The caller is not who it says it is.
    AuthenticationFailed,
    /// The caller may not do this.
    InsufficientScopes,
    /// An integrator that is asked before this happens did not approve of it.
    RefusedByGate,
    /// There is no such thing.
    ResourceNotFound,
    /// There is such a thing already, and it is different.
    RequestConflict,
    /// The body, or what it defines, is larger than can be kept.
    InputTooLarge,
    /// The fault is ours.
    InternalServerError,
    /// Something that the service depends on does not answer; trying again may help.
    ServiceUnavailable,
    /// The sink takes no tasks at present; trying again may help.
    QueueUnavailable,
}

impl Code {
    /// The code as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MalformedPayload => "MalformedPayload",
            Self::InvalidRequestArguments => "InvalidRequestArguments",
            Self::InputValidationError => "InputValidationError",
            Self::InputError => "InputError",
            Self::AuthenticationFailed => "AuthenticationFailed",
            Self::InsufficientScopes => "InsufficientScopes",
            Self::RefusedByGate => "RefusedByGate",
            Self::ResourceNotFound => "ResourceNotFound",
            Self::RequestConflict => "RequestConflict",
            Self::InputTooLarge => "InputTooLarge",
            Self::InternalServerError => "InternalServerError",
            Self::ServiceUnavailable => "ServiceUnavailable",
            Self::QueueUnavailable => "QueueUnavailable",
        }
    }

    /// The HTTP status that goes with it.
    pub fn status(self) -> StatusCode {
        match self {
            Self::MalformedPayload
            | Self::InvalidRequestArguments
            | Self::InputValidationError
            | Self::InputError => StatusCode::BAD_REQUEST,
            Self::AuthenticationFailed => StatusCode::UNAUTHORIZED,
            Self::InsufficientScopes | Self::RefusedByGate => StatusCode::FORBIDDEN,
            Self::ResourceNotFound => StatusCode::NOT_FOUND,
            Self::RequestConflict => StatusCode::CONFLICT,
            Self::InputTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::InternalServerError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::ServiceUnavailable | Self::QueueUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// An error on its way to the client.
#[derive(Debug)]
pub struct ApiError {
    /// What is wrong.
    pub code: Code,
    /// What is wrong, where, and what would be right: for the client to read.
    pub message: String,
    /// Whether the client is to be told to authenticate with Hawk.
    pub challenge: bool,
    /// What went wrong inside, for the log alone.
    pub cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ApiError {
    /// An error whose message is for the client.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), challenge: false, cause: None }
    }

    /// A 400 for what the body says.
    pub fn input(message: impl Into<String>) -> Self {
        Self::new(Code::InputError, message)
    }

    /// A 404.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Code::ResourceNotFound, message)
    }

    /// A 500 that leaks nothing: the client gets a number to quote, the log the cause.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let incident = uuid::Uuid::new_v4();
        let message = format!("Internal Server Error, incidentId {incident}.");
        Self { cause: Some(cause.into()), ..Self::new(Code::InternalServerError, message) }
    }

    fn unavailable(
        code: Code,
        message: &str,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { cause: Some(cause.into()), ..Self::new(code, message) }
    }

    /// The envelope, as JSON. A message is cut at `MAX_MESSAGE_BYTES`, and a payload above `MAX_ECHO_BYTES` is left
    /// out.
    pub fn envelope(&self, info: &RequestInfo) -> Value {
        let time = iso(info.time);
        let cut = self.message.floor_char_boundary(MAX_MESSAGE_BYTES);
        let mut message = self.message[..cut].to_owned();
        if cut < self.message.len() {
            message.push('…');
        }
        // Writing to a String can't fail.
        let _ = write!(
            message,
            "\n\n---\n\n* method:     {}\n* errorCode:  {}\n* statusCode: {}\n* time:       {time}",
            info.method,
            self.code.as_str(),
            self.code.status().as_u16(),
        );
        let mut request = Map::new();
        request.insert("method".into(), info.method.into());
        request.insert("params".into(), Value::Object(info.params.clone()));
        let fits = |payload: &&Value| matches!(indented(payload, MAX_ECHO_BYTES), Ok(Some(_)));
        if let Some(payload) = info.payload.as_ref().filter(fits) {
            request.insert("payload".into(), payload.clone());
        }
        request.insert("time".into(), time.into());
        json!({"code": self.code.as_str(), "message": message, "requestInfo": request})
    }
}

/// What an error repeats of the request.
#[derive(Debug, Clone)]
pub struct RequestInfo {
    /// The API method's name, or [`RequestInfo::UNKNOWN`].
    pub method: &'static str,
    /// The URL's parameters.
    pub params: Map<String, Value>,
    /// The body as far as it was understood; absent when it could not be read, and not repeated when it is large.
    pub payload: Option<Value>,
    /// When the request was received.
    pub time: Timestamp,
}

impl RequestInfo {
    /// The method's name where no route matched.
    pub const UNKNOWN: &'static str = "unknown";

    /// What is known before the request was read.
    pub fn new(method: &'static str, time: Timestamp) -> Self {
        Self { method, params: Map::new(), payload: None, time }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable { .. } => {
                let message =
                    "The database did not answer. Nothing is wrong with the request: try again later.";
                Self::unavailable(Code::ServiceUnavailable, message, error)
            }
            StoreError::Corrupt { .. } => Self::internal(error),
            StoreError::TooLarge { what } => Self::new(Code::InputTooLarge, too_large(&what)),
            StoreError::InvalidContinuation => Self::input("Invalid continuation token"),
        }
    }
}

impl From<QueueError> for ApiError {
    fn from(error: QueueError) -> Self {
        match error {
            QueueError::Unavailable { .. } => {
                let message = "The queue did not answer. Nothing is wrong with the request: try again later.";
                Self::unavailable(Code::ServiceUnavailable, message, error)
            }
            QueueError::TooLarge { .. } => Self::internal(error),
        }
    }
}

fn too_large(what: &str) -> String {
    format!(
        "{what} is too large: a hook's definition may have 350 KiB of JSON, what one database item can hold"
    )
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        if let AuthError::Unavailable { .. } = error {
            let message = "The caller could not be authenticated at present: try again later.";
            return Self::unavailable(Code::ServiceUnavailable, message, error);
        }
        Self { challenge: true, ..Self::new(Code::AuthenticationFailed, error.to_string()) }
    }
}

impl From<&Refusal> for ApiError {
    fn from(refusal: &Refusal) -> Self {
        Self::new(Code::RefusedByGate, refusal.to_string())
    }
}

impl From<AskError> for ApiError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Store(error) => error.into(),
        }
    }
}

impl From<TellError> for ApiError {
    fn from(error: TellError) -> Self {
        match error {
            TellError::Store(error) => error.into(),
            TellError::Queue(error) => error.into(),
        }
    }
}

impl From<FireError> for ApiError {
    fn from(error: FireError) -> Self {
        match error {
            FireError::Template(error) => Self::input(format!("While firing hook:\n\n{error}")),
            FireError::InsufficientScopes { role_id, missing } => {
                let lacking = missing.join("\n");
                insufficient_role(
                    &role_id,
                    &format!("The role lacks these scopes of the task:\n\n```\n{lacking}\n```"),
                )
            }
            FireError::Sink { error, role_id } => from_sink(error, &role_id),
            FireError::Refused { .. } => Self::new(Code::RefusedByGate, error.to_string()),
            // Of a task of CDS, which no call of this dialect fires.
            FireError::Workflow { .. } => Self::input(error.to_string()),
            FireError::Store(error @ StoreError::Unavailable { .. }) => {
                let message =
                    format!("The database did not answer, and the task may have been created. {TRY_AGAIN}");
                Self::unavailable(Code::ServiceUnavailable, &message, error)
            }
            FireError::Store(error) => error.into(),
        }
    }
}

/// Who gave no answer may have created the task all the same.
const TRY_AGAIN: &str = "Try again later. If the payload has a taskId, that never makes a second task.";

fn from_sink(error: SinkError, role_id: &str) -> ApiError {
    match error {
        SinkError::Rejected { code, message, .. } if code == "InsufficientScopes" => {
            insufficient_role(role_id, &message)
        }
        SinkError::Rejected { code, message, .. } => {
            ApiError::input(format!("While calling createTask: {code}\n\n{message}"))
        }
        SinkError::Unavailable { ref reason, .. } => {
            let message = format!("While calling createTask: {reason}\n\n{TRY_AGAIN}");
            ApiError::unavailable(Code::QueueUnavailable, &message, error)
        }
    }
}

fn insufficient_role(role_id: &str, message: &str) -> ApiError {
    let text =
        format!("The role `{role_id}` does not have sufficient scopes to create the task:\n\n{message}");
    ApiError::new(Code::InsufficientScopes, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(message: &str, payload: Value) -> Value {
        let info = RequestInfo { payload: Some(payload), ..RequestInfo::new("m", Timestamp::UNIX_EPOCH) };
        ApiError::input(message).envelope(&info)
    }

    #[test]
    fn what_is_small_is_repeated() {
        let envelope = envelope("no", json!({"a": 1}));
        assert_eq!(envelope["requestInfo"]["payload"], json!({"a": 1}));
        assert!(envelope["message"].as_str().unwrap().starts_with("no\n\n---\n\n* method:     m\n"));
    }

    #[test]
    fn what_is_large_is_not() {
        let deep = (0..100).fold(Value::from(vec![0; 10_000]), |inner, _| Value::from(vec![inner]));
        let envelope = envelope(&"é".repeat(1_000_000), deep);
        assert!(envelope["requestInfo"].get("payload").is_none());
        let message = envelope["message"].as_str().unwrap();
        assert!(message.contains("é…\n\n---\n\n") && message.len() < MAX_MESSAGE_BYTES + 200);
    }
}
