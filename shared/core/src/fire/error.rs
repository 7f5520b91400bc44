//! Why a firing failed, and who is told what of it.

use serde_json::{Value, json};

use super::FireOptions;
use crate::firing::MAX_ERROR_BYTES;
use crate::gate::{IntegratorName, refusal_text};
use crate::ports::{SinkError, StoreError, chain};
use crate::template::TemplateError;

/// Why a firing failed.
#[derive(Debug, thiserror::Error)]
pub enum FireError {
    /// The template gave no definition.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The hook's role doesn't satisfy the task's scopes.
    #[error("The role `{role_id}` does not have sufficient scopes to create the task: it lacks {}", missing.join(", "))]
    InsufficientScopes {
        /// The role that the task is created with.
        role_id: String,
        /// The scopes of the task that the role lacks.
        missing: Vec<String>,
    },
    /// The sink took no task.
    #[error("the sink took no task with the authority of {role_id}")]
    Sink {
        /// What the sink said.
        #[source]
        error: SinkError,
        /// The role that the task was to be created with.
        role_id: String,
    },
    /// An integrator that is asked before hooks fire did not approve of it.
    #[error("{}", refusal_text(integrator, reason, *unanswered))]
    Refused {
        /// Who.
        integrator: IntegratorName,
        /// Why: their own words, or what went wrong when they were asked.
        reason: String,
        /// Whether they could not be asked, or not be understood, rather than said no.
        unanswered: bool,
    },
    /// CDS did not run the workflow of a task, and won't be asked again.
    #[error("the workflow was not run: {reason}")]
    Workflow {
        /// Why.
        reason: String,
    },
    /// The store failed. The task may exist all the same; repeating the firing with its taskId is safe.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FireError {
    /// Whether the same firing may go well later: the fault is the store's, the sink's, or that of an integrator that could not be
    /// asked.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Store(_)
                | Self::Sink { error: SinkError::Unavailable { .. }, .. }
                | Self::Refused { unanswered: true, .. }
        )
    }

    /// Whether it is left to whoever fires to do it again, as nothing of it is on record.
    pub(super) fn comes_again(&self, options: FireOptions) -> bool {
        matches!(self, Self::Store(_)) || options.retried && self.may_pass()
    }

    /// What the hook's owner is told of the failure, in a sentence.
    pub(super) fn owner_text(&self) -> String {
        match self {
            Self::Sink { error, .. } => error.to_string(),
            error => error.to_string(),
        }
    }

    /// What a log may say of the failure. The rest, which a template or a sink may have from the payload, is in the record.
    pub fn log_text(&self) -> String {
        match self {
            Self::Template(_) => "the template gives no task".into(),
            Self::InsufficientScopes { role_id, .. } => {
                format!("the role {role_id} lacks scopes of the task")
            }
            Self::Sink { error: SinkError::Rejected { status, code, .. }, .. } => {
                format!("the sink answered {status} {code}")
            }
            Self::Sink { error, .. } => chain(error),
            Self::Refused { integrator, unanswered: false, .. } => format!("integrator {integrator} refused"),
            Self::Refused { .. } => self.to_string(),
            Self::Workflow { .. } => "CDS did not run the workflow".into(),
            Self::Store(error) => chain(error),
        }
    }

    /// What a fire record says of the failure: JSON (`name`, `message`, `code`, `statusCode`, `body`) of a
    /// sink's answer, plain text of anything else; at most [`MAX_ERROR_BYTES`].
    pub fn record_text(&self) -> String {
        let text = match self {
            Self::Sink { error, .. } => {
                serde_json::to_string_pretty(&sink_error_json(error)).unwrap_or_else(|_| error.to_string())
            }
            Self::Template(_)
            | Self::InsufficientScopes { .. }
            | Self::Refused { .. }
            | Self::Workflow { .. }
            | Self::Store(_) => self.to_string(),
        };
        truncated(text, MAX_ERROR_BYTES)
    }
}

fn sink_error_json(error: &SinkError) -> Value {
    match error {
        SinkError::Rejected { status, code, message, body } => json!({
            "name": "Error", "message": message, "code": code, "statusCode": status, "body": body,
        }),
        SinkError::Unavailable { reason, status, body, .. } => json!({
            "name": "Error", "message": reason, "code": "SinkUnavailable", "statusCode": status, "body": body,
        }),
    }
}

/// Cut at a character's boundary.
pub(super) fn truncated(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_error_is_cut_at_a_character() {
        assert_eq!(truncated("aä".into(), 2), "a");
        assert_eq!(truncated("aä".into(), 3), "aä");
    }
}
