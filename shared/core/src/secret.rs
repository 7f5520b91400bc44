//! What is derived from the master key instead of being kept: trigger tokens and the taskIds of
//! occurrences. Whoever reads the tables learns neither.

use std::fmt;

use jiff::Timestamp;

use crate::hawk::hmac_sha256;
use crate::hook::HookName;
use crate::slugid::SlugId;

/// The length of a master key, in bytes.
pub const MASTER_KEY_BYTES: usize = 32;

/// The one secret of a deployment. Everything else that must not be guessed is an HMAC-SHA256 of it.
#[derive(Clone)]
pub struct MasterKey([u8; MASTER_KEY_BYTES]);

impl MasterKey {
    /// A key of random bytes.
    pub fn new(bytes: [u8; MASTER_KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// A key for one purpose, e.g. `seal access tokens`; keys for different purposes tell nothing of each other.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        self.hmac(&["derive", purpose])
    }

    /// The token of triggerHookWithToken for one generation of a hook's tokens.
    pub fn trigger_token(&self, hook: &HookName, generation: u64) -> SlugId {
        self.slugid(&["trigger token", hook.group(), hook.id(), &generation.to_string()])
    }

    /// The taskId of an occurrence: the same occurrence found twice is the same firing.
    pub fn occurrence_task_id(&self, hook: &HookName, moment: Timestamp) -> SlugId {
        self.slugid(&["occurrence", hook.group(), hook.id(), &moment.as_millisecond().to_string()])
    }

    /// The taskId of a hook's firing from a message: the same message delivered twice is the same firing. Ids are those
    /// of an exchange.
    pub fn message_task_id(&self, hook: &HookName, exchange: &str, id: &str) -> SlugId {
        let length = exchange.len().to_string();
        self.slugid(&["message", hook.group(), hook.id(), &length, exchange, id])
    }

    /// The taskId of a task's execution from an event that its sender names: the same event delivered twice is the same
    /// execution.
    pub fn event_task_id(&self, hook: &HookName, id: &str) -> SlugId {
        self.slugid(&["event", hook.group(), hook.id(), id])
    }

    fn slugid(&self, parts: &[&str]) -> SlugId {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.hmac(parts)[..16]);
        SlugId::from_bytes(bytes)
    }

    /// The parts are joined by a byte that none of them contains, so that no two lists of parts meet. (A message's exchange, and
    /// the ids of messages and events, may contain it; the exchange comes with its length for that, and an id comes last.)
    fn hmac(&self, parts: &[&str]) -> [u8; 32] {
        let mut message = Vec::with_capacity(64);
        for part in parts {
            message.extend_from_slice(part.as_bytes());
            message.push(0);
        }
        hmac_sha256(&self.0, &message)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_by_hook_generation_and_key() {
        let (one, two) = (MasterKey::new([1; 32]), MasterKey::new([2; 32]));
        let hook: HookName = "g/a/b".parse().unwrap();
        let token = one.trigger_token(&hook, 7);
        assert_eq!(token, one.trigger_token(&hook, 7));
        assert_ne!(token, one.trigger_token(&hook, 8));
        assert_ne!(token, two.trigger_token(&hook, 7));
        assert_ne!(token, one.trigger_token(&"g/a".parse().unwrap(), 7));
        assert_ne!(token, one.occurrence_task_id(&hook, Timestamp::from_millisecond(7).unwrap()));
    }

    #[test]
    fn a_message_has_a_task_id_for_each_hook() {
        let key = MasterKey::new([1; 32]);
        let of = |hook: &str, exchange, id| key.message_task_id(&hook.parse().unwrap(), exchange, id);
        let one = of("g/h", "e", "1");
        assert_eq!(one, of("g/h", "e", "1"));
        for other in [of("g/i", "e", "1"), of("g/h", "f", "1"), of("g/h", "e", "2"), of("g/h", "e\0x", "")] {
            assert_ne!(one, other);
        }
        assert_ne!(of("g/h", "e\0f", "1"), of("g/h", "e", "f\0x"));
    }

    #[test]
    fn an_event_has_a_task_id_for_each_hook() {
        let key = MasterKey::new([1; 32]);
        let of = |hook: &str, id| key.event_task_id(&hook.parse().unwrap(), id);
        assert_eq!(of("cds/h", "1"), of("cds/h", "1"));
        for other in [of("cds/i", "1"), of("cds/h", "2"), of("cds/h", "1\0"), of("cds/h", "")] {
            assert_ne!(of("cds/h", "1"), other);
        }
    }

    #[test]
    fn a_key_does_not_show_itself() {
        assert_eq!(format!("{:?}", MasterKey::new([0x41; 32])), "MasterKey(…)");
    }
}
