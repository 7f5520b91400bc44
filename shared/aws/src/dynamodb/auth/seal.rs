//! Access tokens, sealed.

use aws_sdk_dynamodb::primitives::Blob;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use treble_core::ports::{AccessToken, BoxError, StoreError};
use treble_core::secret::MasterKey;

use crate::dynamodb::item::unavailable;

/// The first byte of what is sealed so: XChaCha20-Poly1305, a nonce, the ciphertext.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;

/// Seals and unseals access tokens. What was sealed for one client does not unseal for another.
pub(super) struct Seal(XChaCha20Poly1305);

impl Seal {
    pub(super) fn new(master_key: &MasterKey) -> Self {
        Self(XChaCha20Poly1305::new(&master_key.derive("seal access tokens").into()))
    }

    pub(super) fn seal(&self, client_id: &str, token: &AccessToken) -> Result<Blob, StoreError> {
        let failed = |error: BoxError| unavailable(format!("seal the token of client {client_id}"), error);
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|error| failed(error.into()))?;
        let payload = Payload { msg: token.reveal().as_bytes(), aad: client_id.as_bytes() };
        let ciphertext = self
            .0
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|error| failed(error.to_string().into()))?;
        Ok(Blob::new([&[VERSION], &nonce[..], &ciphertext].concat()))
    }

    pub(super) fn unseal(&self, client_id: &str, sealed: &Blob) -> Result<AccessToken, StoreError> {
        self.open(client_id, sealed.as_ref()).map(AccessToken::new).ok_or_else(|| StoreError::Corrupt {
            what: format!(
                "the access token of client {client_id}; it was sealed under another master key, or changed"
            ),
        })
    }

    fn open(&self, client_id: &str, sealed: &[u8]) -> Option<String> {
        let sealed = sealed.strip_prefix(&[VERSION])?;
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: ciphertext, aad: client_id.as_bytes() };
        String::from_utf8(self.0.decrypt(&XNonce::from(*nonce), payload).ok()?).ok()
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
