//! Secrets that rest in tables, sealed with keys that are derived from the master key: whoever reads a table learns none.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use treble_core::cds::Seal;
use treble_core::ports::BoxError;
use treble_core::secret::MasterKey;

/// The first byte of what is sealed so: XChaCha20-Poly1305, a nonce, the ciphertext.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;

/// How a sealed text begins, so that it is known as one.
const SEALED: &str = "sealed:";

/// Seals and opens what is secret, in bytes. What was sealed for one owner does not open for another.
pub(crate) struct Sealer(XChaCha20Poly1305);

impl Sealer {
    /// One with a key of its own, for one kind of secrets, e.g. `seal access tokens`.
    pub(crate) fn new(master_key: &MasterKey, kind: &str) -> Self {
        Self(XChaCha20Poly1305::new(&master_key.derive(kind).into()))
    }

    pub(crate) fn seal(&self, owner: &str, secret: &str) -> Result<Vec<u8>, BoxError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        let payload = Payload { msg: secret.as_bytes(), aad: owner.as_bytes() };
        let ciphertext = self
            .0
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|error| BoxError::from(error.to_string()))?;
        Ok([&[VERSION], &nonce[..], &ciphertext].concat())
    }

    pub(crate) fn open(&self, owner: &str, sealed: &[u8]) -> Option<String> {
        let sealed = sealed.strip_prefix(&[VERSION])?;
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: ciphertext, aad: owner.as_bytes() };
        String::from_utf8(self.0.decrypt(&XNonce::from(*nonce), payload).ok()?).ok()
    }
}

/// Seals secrets of tasks as texts, for whoever keeps these.
pub struct TextSeal(Sealer);

impl TextSeal {
    /// One under a deployment's master key.
    pub fn new(master_key: &MasterKey) -> Self {
        Self(Sealer::new(master_key, "seal secrets of tasks"))
    }
}

impl Seal for TextSeal {
    fn seal(&self, purpose: &str, secret: &str) -> Result<String, BoxError> {
        Ok(format!("{SEALED}{}", URL_SAFE_NO_PAD.encode(self.0.seal(purpose, secret)?)))
    }

    fn open(&self, purpose: &str, sealed: &str) -> Option<String> {
        self.0.open(purpose, &URL_SAFE_NO_PAD.decode(sealed.strip_prefix(SEALED)?).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(key: u8) -> TextSeal {
        TextSeal::new(&MasterKey::new([key; 32]))
    }

    #[test]
    fn a_secret_opens_for_its_purpose_under_its_key_only() {
        let sealed = seal(1).seal("task/a", "s3cret-größe").unwrap();
        assert!(sealed.starts_with("sealed:") && !sealed.contains("s3cret"), "{sealed}");
        assert_ne!(sealed, seal(1).seal("task/a", "s3cret-größe").unwrap(), "no two are alike");
        assert_eq!(seal(1).open("task/a", &sealed).as_deref(), Some("s3cret-größe"));
        assert_eq!(seal(1).open("task/b", &sealed), None);
        assert_eq!(seal(2).open("task/a", &sealed), None);
        let token = Sealer::new(&MasterKey::new([1; 32]), "seal access tokens");
        let bytes = URL_SAFE_NO_PAD.decode(&sealed["sealed:".len()..]).unwrap();
        assert_eq!(token.open("task/a", &bytes), None, "nor as another kind of secret");
    }

    #[test]
    fn what_is_not_sealed_does_not_open() {
        let sealed = seal(1).seal("p", "").unwrap();
        assert_eq!(seal(1).open("p", &sealed).as_deref(), Some(""));
        for other in
            ["", "s3cret", "sealed:", "sealed:AQ", "sealed:!", &sealed[1..], &sealed[..sealed.len() - 1]]
        {
            assert_eq!(seal(1).open("p", other), None, "{other}");
        }
    }
}
