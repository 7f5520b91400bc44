//! The errors of the Taskcluster dialect and the envelope that they travel in.

use std::fmt::Write as _;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use treble_core::task::iso;

use super::json_text::indented;

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

    /// An error that may pass by itself; the log has the cause.
    pub(super) fn unavailable(
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
