//! What becomes of a message that its queue gave up.

use jiff::Timestamp;

use crate::consumer::{ConsumeError, Outcome};
use crate::ports::{DeadLetter, StoreError, chain};
use crate::pulse::PulseMessage;

/// The dead letter to keep after the last attempt at a message; None where there is nothing to be mended: it went well
/// after all, was dropped, or failed by a fault of the hook's own, which its record tells. A message of a broker is one too,
/// where the queue of those gives up.
///
/// # Errors
/// The store's: the attempt itself could not be made, and must be made again.
pub fn after(
    outcome: Result<Outcome, ConsumeError>,
    message_id: &str,
    message: &str,
    now: Timestamp,
) -> Result<Option<DeadLetter>, StoreError> {
    let (id, hook, reason) = match outcome {
        Ok(Outcome::Failed(firing, error)) if error.may_pass() => {
            (firing.task_id.to_string(), Some(firing.hook), chain(&error))
        }
        Ok(_) => return Ok(None),
        Err(ConsumeError::Store(error)) => return Err(error),
        Err(ConsumeError::Unreadable(_)) if serde_json::from_str::<PulseMessage>(message).is_ok() => (
            message_id.to_owned(),
            None,
            "hooks could not be fired from this message of the broker".to_owned(),
        ),
        Err(error) => (message_id.to_owned(), None, chain(&error)),
    };
    Ok(Some(DeadLetter { id, hook, died: now, reason, message: message.to_owned() }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_no_firing_is_kept_as_it_is() {
        let pulse = json!({
            "id": "1", "exchange": "e", "routingKey": "k", "received": "2026-11-27T10:00:00Z", "payload": {},
        });
        for (message, reason) in [
            ("nonsense", "the message is no firing: expected ident at line 1 column 2"),
            (&*pulse.to_string(), "hooks could not be fired from this message of the broker"),
        ] {
            let unreadable = serde_json::from_str::<crate::firing::Firing>(message).unwrap_err();
            let letter = after(Err(unreadable.into()), "m", message, Timestamp::UNIX_EPOCH).unwrap().unwrap();
            assert_eq!((&*letter.id, &*letter.reason, &*letter.message), ("m", reason, message));
        }
    }
}
