//! Mails by SES.

use std::fmt;

use async_trait::async_trait;
use aws_sdk_ses::Client;
use aws_sdk_ses::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_ses::operation::send_email::SendEmailError;
use aws_sdk_ses::types::{Body, Content, Destination, Message};
use treble_core::notice::Notice;
use treble_core::ports::{MailError, Mailer};

/// Sends mails by SES.
#[derive(Clone)]
pub struct SesMailer {
    client: Client,
    from: String,
}

impl SesMailer {
    /// Mails from this address, which is verified at SES or of a domain that is.
    pub fn new(client: Client, from: impl Into<String>) -> Self {
        Self { client, from: from.into() }
    }
}

#[async_trait]
impl Mailer for SesMailer {
    async fn send(&self, notice: &Notice) -> Result<(), MailError> {
        let message = message(notice).map_err(|error| MailError::Refused(error.into()))?;
        let sending = self
            .client
            .send_email()
            .source(&self.from)
            .destination(Destination::builder().to_addresses(&notice.to).build())
            .message(message)
            .send();
        sending.await.map(drop).map_err(failure)
    }
}

fn message(notice: &Notice) -> Result<Message, BuildError> {
    let content = |text: &str| Content::builder().charset("UTF-8").data(text).build();
    let body = Body::builder().text(content(&notice.text)?).build();
    Ok(Message::builder().subject(content(&notice.subject)?).body(body).build())
}

/// What is wrong with this mail or its address stays wrong; anything else, as a domain that isn't verified yet, may pass.
fn failure(error: SdkError<SendEmailError>) -> MailError {
    let refused = error.as_service_error().is_some_and(|answer| {
        answer.is_message_rejected()
            || matches!(answer.code(), Some("InvalidParameterValue" | "ValidationError"))
    });
    if refused { MailError::Refused(error.into()) } else { MailError::Unavailable(error.into()) }
}

/// Names the sender, not the client with its credentials.
impl fmt::Debug for SesMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SesMailer").field("from", &self.from).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
