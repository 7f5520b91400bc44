//! What becomes of a message that its queue gave up.

use jiff::Timestamp;

use crate::consumer::{ConsumeError, Outcome};
use crate::ports::{DeadLetter, StoreError, chain};

/// The dead letter to keep after the last attempt at a message; None where there is nothing to be mended: it went well
/// after all, was dropped, or failed by a fault of the hook's own, which its record tells.
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
        Err(error) => (message_id.to_owned(), None, chain(&error)),
    };
    Ok(Some(DeadLetter { id, hook, died: now, reason, message: message.to_owned() }))
}
