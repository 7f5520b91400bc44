//! The servers of a deployment to AWS: with their tokens, a secret in Secrets Manager.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::SdkError;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;

use super::{InvalidVcsServers, VcsServers};

/// Why the servers are not known.
#[derive(Debug, thiserror::Error)]
pub enum VcsSecretError {
    /// Secrets Manager didn't give the secret.
    #[error("the servers of repositories, {secret}, can't be read from Secrets Manager")]
    Unavailable {
        /// The secret's name or ARN.
        secret: String,
        /// Why.
        #[source]
        source: Box<SdkError<GetSecretValueError>>,
    },
    /// What is there is something else.
    #[error("the secret {secret} has no servers of repositories")]
    Unusable {
        /// The secret's name or ARN.
        secret: String,
        /// What is wrong with it.
        #[source]
        source: InvalidVcsServers,
    },
}

impl VcsServers {
    /// Reads the servers from a secret's text, by its name or ARN: one call.
    ///
    /// # Errors
    /// When it can't be read, or is something else.
    pub async fn read(client: &Client, secret: &str) -> Result<Self, VcsSecretError> {
        let reply = client.get_secret_value().secret_id(secret).send().await.map_err(|error| {
            VcsSecretError::Unavailable { secret: secret.to_owned(), source: Box::new(error) }
        })?;
        let parsed = reply.secret_string().unwrap_or_default().parse();
        parsed.map_err(|source| VcsSecretError::Unusable { secret: secret.to_owned(), source })
    }
}
