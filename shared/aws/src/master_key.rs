//! The master key of a deployment, kept in Secrets Manager.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::SdkError;
use aws_sdk_secretsmanager::operation::get_secret_value::{GetSecretValueError, GetSecretValueOutput};
use sha2::{Digest as _, Sha256};
use treble_core::secret::{MASTER_KEY_BYTES, MasterKey};

/// The shortest text that is taken for a secret, in characters: of letters and digits, 32 are worth 190 bits.
const MIN_TEXT_CHARS: usize = 32;

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// Secrets Manager didn't give it.
    #[error("the master key {secret} can't be read from Secrets Manager")]
    Unavailable {
        /// The secret's name or ARN.
        secret: String,
        /// Why.
        #[source]
        source: Box<SdkError<GetSecretValueError>>,
    },
    /// What is there is no key.
    #[error(
        "the secret {secret} is no master key: it must be {MASTER_KEY_BYTES} bytes (SecretBinary), or a generated text of at least \
         {MIN_TEXT_CHARS} characters (SecretString)"
    )]
    Unusable {
        /// The secret's name or ARN.
        secret: String,
    },
}

/// Reads the master key from a secret, by its name or ARN: one call.
///
/// A binary secret is the key itself, as in a data directory's `master.key`. A text is what CloudFormation's
/// `GenerateSecretString` makes; the key is its SHA-256.
pub async fn read(client: &Client, secret: &str) -> Result<MasterKey, MasterKeyError> {
    let reply = client.get_secret_value().secret_id(secret).send().await.map_err(|error| {
        MasterKeyError::Unavailable { secret: secret.to_owned(), source: Box::new(error) }
    })?;
    key(&reply).ok_or_else(|| MasterKeyError::Unusable { secret: secret.to_owned() })
}

fn key(reply: &GetSecretValueOutput) -> Option<MasterKey> {
    if let Some(binary) = reply.secret_binary() {
        return Some(MasterKey::new(binary.as_ref().try_into().ok()?));
    }
    let text = reply.secret_string().filter(|text| text.chars().count() >= MIN_TEXT_CHARS)?;
    Some(MasterKey::new(Sha256::digest(text.as_bytes()).into()))
}

#[cfg(test)]
mod tests {
    use aws_sdk_secretsmanager::primitives::Blob;

    use super::*;

    #[test]
    fn a_secret_is_a_key_or_the_text_of_one() {
        let reply = GetSecretValueOutput::builder;
        let of = |output: GetSecretValueOutput| key(&output).map(|key| key.derive("x"));
        let own = of(reply().secret_binary(Blob::new([7; 32])).build());
        assert_eq!(own, Some(MasterKey::new([7; 32]).derive("x")));

        let text = "0123456789abcdefghijklmnopqrstuv";
        let hashed = of(reply().secret_string(text).build());
        assert_eq!(hashed, Some(MasterKey::new(Sha256::digest(text).into()).derive("x")));

        for unusable in [
            reply().secret_binary(Blob::new([7; 31])).build(),
            reply().secret_string("short").build(),
            reply().build(),
        ] {
            assert_eq!(of(unusable), None);
        }
    }
}
