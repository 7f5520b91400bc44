//! What an integrator answers when it is asked.

use super::Event;

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
    /// Reads an answer's body: a JSON object; members that aren't known don't matter.
    pub fn read(event: Event, body: &[u8]) -> Result<Self, ReplyError> {
        let _ = (event, body);
        Err(ReplyError::Unreadable("not implemented".into()))
    }
}
