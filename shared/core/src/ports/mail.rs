//! How owners of hooks are told.

use async_trait::async_trait;

use super::BoxError;
use crate::notice::Notice;

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// Whoever sends it did not answer, is overloaded, or isn't set up: the same mail may be sent later. It may have been
    /// sent all the same.
    #[error("mail can't be sent at the moment")]
    Unavailable(#[source] BoxError),
    /// This mail isn't sent, however often it is tried.
    #[error("the mail was refused")]
    Refused(#[source] BoxError),
}

/// Sends mails.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends a mail.
    async fn send(&self, notice: &Notice) -> Result<(), MailError>;
}
