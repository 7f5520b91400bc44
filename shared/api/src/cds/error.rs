//! The errors of the dialect, as CDS writes its own.

use http::StatusCode;
use serde_json::{Value, json};
use treble_core::cds::kinds::Refusal;
use treble_core::cds::{SaveError, SealedElsewhere};
use treble_core::ports::{BoxError, QueueError, StoreError};
use uuid::Uuid;

use crate::content::Undecodable;
use crate::taskcluster::error::Code;

/// The longest message that a client is told, in bytes: some quote what the client sent.
const MAX_MESSAGE_BYTES: usize = 16 * 1024;

/// An error on its way to the client.
#[derive(Debug)]
pub struct ApiError {
    /// The HTTP status.
    pub(super) status: StatusCode,
    /// What is wrong, where, and what would be right: for the client to read.
    pub(super) message: String,
    /// The methods that would have been right, where that is what was wrong.
    pub(super) allow: Option<String>,
    /// What went wrong inside, for the log alone.
    pub(super) cause: Option<BoxError>,
}

impl ApiError {
    /// An error whose message is for the client.
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), allow: None, cause: None }
    }

    /// A 400.
    pub(super) fn input(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// A 404.
    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// A 409 for what others change at the same time.
    pub(super) fn contended(what: &str) -> Self {
        Self::new(StatusCode::CONFLICT, format!("{what} is being changed by others: try again"))
    }

    /// A 500 that leaks nothing: the log has the cause, by the error's uuid.
    pub(super) fn internal(cause: impl Into<BoxError>) -> Self {
        let message = "Internal error: the log has it by this uuid";
        Self { cause: Some(cause.into()), ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, message) }
    }

    fn unavailable(what: &str, cause: impl Into<BoxError>) -> Self {
        let message = format!("{what} did not answer. Nothing is wrong with the request: try again later");
        Self { cause: Some(cause.into()), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message) }
    }

    /// The error as JSON.
    pub(super) fn body(&self, uuid: Uuid) -> Value {
        let cut = self.message.floor_char_boundary(MAX_MESSAGE_BYTES);
        let ellipsis = if cut < self.message.len() { "…" } else { "" };
        let message = format!("{}{ellipsis}", &self.message[..cut]);
        json!({"status": self.status.as_u16(), "message": message, "uuid": uuid.to_string()})
    }

    /// The word by which it is counted.
    pub(super) fn code(&self) -> Code {
        match self.status {
            StatusCode::UNAUTHORIZED => Code::AuthenticationFailed,
            StatusCode::NOT_FOUND => Code::ResourceNotFound,
            StatusCode::METHOD_NOT_ALLOWED => Code::InvalidRequestArguments,
            StatusCode::CONFLICT => Code::RequestConflict,
            StatusCode::PAYLOAD_TOO_LARGE => Code::InputTooLarge,
            StatusCode::SERVICE_UNAVAILABLE => Code::ServiceUnavailable,
            status if status.is_server_error() => Code::InternalServerError,
            _ => Code::InputError,
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable { .. } => Self::unavailable("The database", error),
            StoreError::Corrupt { .. } => Self::internal(error),
            StoreError::TooLarge { .. } => Self::new(StatusCode::PAYLOAD_TOO_LARGE, error.to_string()),
            StoreError::InvalidContinuation => Self::input(error.to_string()),
        }
    }
}

impl From<QueueError> for ApiError {
    fn from(error: QueueError) -> Self {
        match error {
            QueueError::Unavailable { .. } => Self::unavailable("The queue", error),
            QueueError::TooLarge { .. } => Self::internal(error),
        }
    }
}

impl From<SaveError> for ApiError {
    fn from(error: SaveError) -> Self {
        match error {
            SaveError::Uuid(_) | SaveError::NodeHook(_) | SaveError::Config(_) => {
                Self::input(error.to_string())
            }
            SaveError::Contended(_) => Self::new(StatusCode::CONFLICT, error.to_string()),
            SaveError::Store(error) => error.into(),
            SaveError::Seal { .. } => Self::internal(error),
        }
    }
}

impl From<SealedElsewhere> for ApiError {
    fn from(error: SealedElsewhere) -> Self {
        // Who calls a URL is not told how its task is kept.
        Self::internal(error)
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            Refusal::Method { allowed, .. } => {
                Self { allow: Some(allowed), ..Self::new(StatusCode::METHOD_NOT_ALLOWED, message) }
            }
            Refusal::Signature(_) => Self::new(StatusCode::UNAUTHORIZED, message),
        }
    }
}

impl From<Undecodable> for ApiError {
    fn from(error: Undecodable) -> Self {
        let status = match error {
            Undecodable::Unsupported(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Undecodable::Malformed { .. } => StatusCode::BAD_REQUEST,
            Undecodable::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        };
        Self::new(status, error.to_string())
    }
}
