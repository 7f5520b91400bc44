//! Access tokens, sealed.

use aws_sdk_dynamodb::primitives::Blob;
use treble_core::ports::{AccessToken, StoreError};
use treble_core::secret::MasterKey;

use crate::dynamodb::item::unavailable;
use crate::seal::Sealer;

/// Seals and unseals access tokens. What was sealed for one client does not unseal for another.
pub(super) struct Seal(Sealer);

impl Seal {
    pub(super) fn new(master_key: &MasterKey) -> Self {
        Self(Sealer::new(master_key, "seal access tokens"))
    }

    pub(super) fn seal(&self, client_id: &str, token: &AccessToken) -> Result<Blob, StoreError> {
        let sealed = self.0.seal(client_id, token.reveal());
        let sealed =
            sealed.map_err(|error| unavailable(format!("seal the token of client {client_id}"), error))?;
        Ok(Blob::new(sealed))
    }

    pub(super) fn unseal(&self, client_id: &str, sealed: &Blob) -> Result<AccessToken, StoreError> {
        self.0.open(client_id, sealed.as_ref()).map(AccessToken::new).ok_or_else(|| StoreError::Corrupt {
            what: format!(
                "the access token of client {client_id}; it was sealed under another master key, or changed"
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(key: u8) -> Seal {
        Seal::new(&MasterKey::new([key; 32]))
    }

    #[test]
    fn a_token_unseals_for_its_client_under_its_key_only() {
        let token = AccessToken::new("s3cret");
        let sealed = seal(1).seal("ops", &token).unwrap();
        assert_eq!(seal(1).unseal("ops", &sealed).unwrap(), token);
        assert!(seal(1).unseal("dev", &sealed).is_err());
        let error = seal(2).unseal("ops", &sealed).unwrap_err().to_string();
        assert!(error.contains("client ops") && error.contains("master key"), "{error}");
    }

    #[test]
    fn the_token_does_not_show_and_is_never_sealed_alike() {
        let token = AccessToken::new("s3cret-s3cret-s3cret");
        let (one, two) = (seal(1).seal("ops", &token).unwrap(), seal(1).seal("ops", &token).unwrap());
        assert_ne!(one, two);
        assert!(!one.as_ref().windows(6).any(|bytes| bytes == b"s3cret"));
    }

    #[test]
    fn what_rests_in_tables_stays_readable() {
        // Made by another implementation of HMAC-SHA256 and XChaCha20-Poly1305.
        let sealed =
            "01000102030405060708090a0b0c0d0e0f1011121314151617d7193b56554bd6366510df20b3f10e7de154dd8f032a";
        let sealed: Vec<u8> = (0..sealed.len() / 2)
            .map(|at| u8::from_str_radix(&sealed[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        assert_eq!(seal(1).unseal("ops", &Blob::new(sealed)).unwrap(), AccessToken::new("s3cret"));
    }

    #[test]
    fn what_was_changed_does_not_unseal() {
        let sealed = seal(1).seal("ops", &AccessToken::new("s3cret")).unwrap().into_inner();
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(seal(1).unseal("ops", &Blob::new(changed)).is_err(), "byte {place}");
            assert!(seal(1).unseal("ops", &Blob::new(&sealed[..place])).is_err(), "cut at {place}");
        }
    }
}
