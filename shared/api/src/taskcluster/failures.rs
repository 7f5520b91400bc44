//! What fails behind a handler, as errors that clients are told.

use treble_core::fire::FireError;
use treble_core::gate::{AskError, Refusal, TellError};
use treble_core::ports::{QueueError, SinkError, StoreError};

use super::error::{ApiError, Code};
use crate::auth::AuthError;

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
