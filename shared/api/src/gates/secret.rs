//! The secrets that requests to integrators are signed with.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use treble_core::gate::SigningSecret;

/// How many random bytes one has: as many as a SHA-256, of which its signatures are made.
const BYTES: usize = 32;

/// A new one.
///
/// # Errors
/// When the system has no random bytes.
pub fn fresh(now: Timestamp) -> Result<SigningSecret, getrandom::Error> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(SigningSecret { secret: format!("whsec_{}", STANDARD.encode(bytes)), created: now, expires: None })
}

/// The secrets that there were, beside one that takes their place: each signs for as long as `grace` at most. What signs no
/// more is left out.
pub(super) fn replaced(old: &[SigningSecret], now: Timestamp, grace: SignedDuration) -> Vec<SigningSecret> {
    let end = now.saturating_add(grace).unwrap_or(Timestamp::MAX);
    let shortened = old.iter().map(|secret| SigningSecret {
        expires: Some(secret.expires.map_or(end, |expires| expires.min(end))),
        ..secret.clone()
    });
    shortened.filter(|secret| secret.expires.is_some_and(|expires| now < expires)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn secrets_are_as_standard_webhooks_write_them() {
        let (one, other) = (fresh(at(0)).unwrap(), fresh(at(0)).unwrap());
        assert_ne!(one.secret, other.secret);
        assert_eq!(STANDARD.decode(one.secret.strip_prefix("whsec_").unwrap()).unwrap().len(), BYTES);
    }

    #[test]
    fn what_is_replaced_signs_for_a_while() {
        let secret = |expires: Option<i64>| SigningSecret {
            secret: "s".into(),
            created: at(0),
            expires: expires.map(at),
        };
        let old = [secret(None), secret(Some(130)), secret(Some(105)), secret(Some(100)), secret(Some(99))];
        let ends = |grace| {
            let left = replaced(&old, at(100), SignedDuration::from_secs(grace));
            left.iter().map(|secret| secret.expires.unwrap().as_second()).collect::<Vec<_>>()
        };
        assert_eq!(ends(10), [110, 110, 105]);
        assert!(ends(0).is_empty());
    }
}
